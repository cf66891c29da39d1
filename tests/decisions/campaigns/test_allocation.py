"""Draws that depend on the customer alone, shares that follow results, and estimates that stay honest under them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tenure_decisions.campaigns.allocation import compare_weighted, draw_arms_of, draw_places, thompson_shares
from tenure_decisions.campaigns.information import EffectBelief, value_of_information
from tenure_decisions.campaigns.sequential import widening


def test_places__are_uniform_and_independent_between_keys() -> None:
    ids = [str(number) for number in range(4000)]
    one, other = draw_places(ids, key="a"), draw_places(ids, key="b")
    assert np.abs(np.histogram(one, 10, (0, 1))[0] - 400).max() < 5 * 19
    assert abs(np.corrcoef(one, other)[0, 1]) < 0.06


def test_arms__of_a_customer_do_not_depend_on_the_others() -> None:
    ids, shares = [str(number) for number in range(50)], {"control": 0.2, "call": 0.8}
    assert draw_arms_of(ids[7:9], shares, key="a").tolist() == draw_arms_of(ids, shares, key="a")[7:9].tolist()


def test_information__is_the_integral_it_stands_for() -> None:
    belief, error = EffectBelief(mean=-0.3, deviation=0.7), 0.4
    rng = np.random.default_rng(0)
    effect = rng.normal(belief.mean, belief.deviation, 400_000)
    seen = effect + rng.normal(0, error, len(effect))
    own = belief.deviation**2 / (belief.deviation**2 + error**2)
    chosen = belief.mean + own * (seen - belief.mean) > 0
    assert abs(value_of_information(belief, error=error) - (effect * chosen).mean()) < 0.003


def simulated(seed: int, *, effect: float, batches: int = 6, size: int = 150) -> tuple[bool, bool]:
    """Run an adaptive test; say whether every look held the effect, by weighted and by plain means."""
    rng = np.random.default_rng(seed)
    shares, people, ever, plain = {"control": 0.5, "call": 0.5}, pd.DataFrame(), True, True
    for batch in range(batches):
        arm = rng.choice(list(shares), size, p=list(shares.values()))
        past = rng.integers(0, 2, size).astype(float)
        # customers of later batches buy more: plain means compare the arms at other times
        chance = 0.15 + 0.1 * past + 0.08 * batch + effect * (arm == "call")
        rows = pd.DataFrame({"arm": arm, "assigned_at": batch, "past": past, "probability": [shares[a] for a in arm]})
        people = pd.concat([people, rows.assign(y=(rng.random(size) < chance).astype(float))], ignore_index=True)
        seen = compare_weighted(people, "y", people[["past"]].to_numpy(), arm="call", control="control")
        wide = seen.error * widening(len(people), alpha=0.05, planned=batches * size)
        ever &= abs(seen.difference - effect) <= wide
        means = people.groupby("arm")["y"].mean()
        plain = abs(means["call"] - means["control"] - effect) <= 1.96 * seen.error
        belief = EffectBelief(mean=seen.difference, deviation=seen.error)
        shares = thompson_shares({"call": belief}, control="control", floor=0.15, rng=rng)
    return ever, plain


def test_weighted_effects__hold_the_truth_at_every_look_where_shares_follow_results() -> None:
    looked = np.array([simulated(seed, effect=0.05) for seed in range(40)])
    assert looked[:, 0].mean() >= 0.95
    assert looked[:, 1].mean() < looked[:, 0].mean()  # what plain means of the same tests do

"""Who gets which arm of a standing test: a draw that no other customer moves, with a known probability."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b

import numpy as np
import pandas as pd

from tenure_decisions.campaigns.effects import FEWEST_FITTED, Effect, Floats
from tenure_decisions.campaigns.information import EffectBelief

BELIEF_DRAWS = 20_000
"""Of the beliefs, to find how likely each arm is the best one: the share is sure to half a point."""


def draw_places(customers: Iterable[str], *, key: str) -> Floats:
    """Give every customer a number in [0, 1) that depends on the customer and the key alone.

    A customer drawn again, in another order or among others, gets the same number; other keys give independent ones.

    Examples
    --------
    >>> a, b = draw_places(["17", "18"], key="winter")
    >>> [float(a)] == draw_places(["17"], key="winter").tolist(), bool(a != b)
    (True, True)
    """
    digests = (blake2b(f"{key}\x1f{customer}".encode(), digest_size=8).digest() for customer in customers)
    # 53 bits are what a float holds: with 64 the largest would be rounded up to 1
    return np.array([int.from_bytes(digest) >> 11 for digest in digests], dtype=np.float64) / 2**53


def draw_arms_of(customers: Iterable[str], shares: Mapping[str, float], *, key: str) -> np.ndarray:
    """Give every customer an arm with the planned probability, the same again for the same key and shares.

    Examples
    --------
    >>> draw_arms_of(["a", "b", "c", "d"], {"control": 0.5, "call": 0.5}, key="7").tolist()
    ['call', 'control', 'call', 'call']
    """
    ends = np.cumsum(list(shares.values())) / sum(shares.values())
    chosen = np.searchsorted(ends, draw_places(customers, key=key), side="right")
    return np.asarray(np.array(list(shares), dtype=object)[np.minimum(chosen, len(shares) - 1)])


def thompson_shares(
    beliefs: Mapping[str, EffectBelief], *, control: str, floor: float, rng: np.random.Generator
) -> dict[str, float]:
    """Give every arm the probability that it is the best one, and no arm less than the floor (Thompson 1933).

    Parameters
    ----------
    beliefs
        Of the effect of every arm against control, whose own is 0.
    control
        Its name.
    floor
        Share that every arm keeps, control too: without one the estimates of arms that were given up have no bound.
    rng
        Seeded.

    Examples
    --------
    >>> sure = {"call": EffectBelief(mean=1.0, deviation=0.1), "mail": EffectBelief(mean=-1.0, deviation=0.1)}
    >>> thompson_shares(sure, control="control", floor=0.1, rng=np.random.default_rng(0))
    {'control': 0.1, 'call': 0.8, 'mail': 0.1}
    """
    names = [control, *beliefs]
    draws = np.zeros((BELIEF_DRAWS, len(names)))
    for place, belief in enumerate(beliefs.values(), start=1):
        draws[:, place] = rng.normal(belief.mean, belief.deviation, BELIEF_DRAWS)
    best = np.bincount(draws.argmax(axis=1), minlength=len(names)) / BELIEF_DRAWS
    return {
        name: round(floor + (1 - len(names) * floor) * float(share), 6) for name, share in zip(names, best, strict=True)
    }


def compare_weighted(people: pd.DataFrame, metric: str, past: np.ndarray, *, arm: str, control: str) -> Effect:
    """Compare an arm with control where the shares changed as results came in.

    Every customer counts with 1 over the probability of the arm they got, which is known: each difference is then
    right on average whatever was seen before it (inverse probability weighting), and what was known of the customer
    (fitted to customers of earlier moments alone) is taken off first. The scores are differences of a martingale, so
    that `tenure_decisions.campaigns.sequential` holds for their mean.

    Parameters
    ----------
    people
        ``arm, assigned_at, probability`` (of the arm that was drawn) and the metric.
    metric
        Its column.
    past
        What is known before, a row per customer; its first column is the metric over the days before.
    arm, control
        Which two.

    Notes
    -----
    Horvitz and Thompson (1952); Waudby-Smith, Wu, Ramdas and Karampatziakis (2022), arXiv 2210.10768, for adaptive
    shares. The interval of a single look is the normal one.
    """
    values = people[metric].to_numpy(dtype=np.float64)
    arms, probability = people["arm"].to_numpy(), people["probability"].to_numpy(dtype=np.float64)
    expected = expect_from_earlier(values, past, people["assigned_at"].to_numpy())
    weights = ((arms == arm).astype(np.float64) - (arms == control)) / probability
    scores = weights * (values - expected)
    control_mean = float(np.mean(expected + (arms == control) / probability * (values - expected)))
    return effect_of_scores(scores, control_mean=control_mean)


def expect_from_earlier(values: Floats, past: np.ndarray, moments: np.ndarray) -> Floats:
    """Expect of every customer what those assigned at earlier moments did, by least squares on what was known.

    Those of the first moment, before whom there is nobody, are expected to do what all of them did in the days before.

    Examples
    --------
    >>> moments = np.repeat([1, 2], 60)
    >>> expect_from_earlier(np.arange(120.0), np.arange(120.0)[:, None], moments)[[0, -1]].round(3).tolist()
    [29.5, 119.0]
    """
    expected = np.empty(len(values))
    for moment in np.unique(moments):
        now, earlier = moments == moment, moments < moment
        if not earlier.any():
            expected[now] = float(past[now, 0].mean())
            continue
        expected[now] = _extrapolate(values[earlier], past[earlier], past[now])
    return expected


def _extrapolate(values: Floats, past: np.ndarray, now: np.ndarray) -> Floats:
    """Fit values to what was known by least squares, and say what that expects of others."""
    centre, spread = past.mean(axis=0), past.std(axis=0)
    varied = spread > 0
    if len(values) < FEWEST_FITTED or not varied.any():
        return np.full(len(now), float(values.mean()))
    scaled, coming = ((side[:, varied] - centre[varied]) / spread[varied] for side in (past, now))
    slopes = np.linalg.lstsq(scaled, values - values.mean(), rcond=None)[0]
    return np.asarray(values.mean() + coming @ slopes, dtype=np.float64)


def effect_of_scores(scores: Floats, *, control_mean: float, level: float = 0.95) -> Effect:
    """Make an effect of one unbiased score of the difference per customer."""
    from scipy.stats import norm

    difference, error = float(scores.mean()), float(scores.std(ddof=1) / np.sqrt(len(scores)))
    reach = float(norm.ppf((1 + level) / 2)) * error
    lifts = [(difference + end) / control_mean if control_mean > 0 else float("nan") for end in (0.0, -reach, reach)]
    return Effect(
        control=control_mean, treatment=control_mean + difference, difference=difference, low=difference - reach,
        high=difference + reach, lift=lifts[0], lift_low=lifts[1], lift_high=lifts[2],
        p_value=float(2 * norm.sf(abs(difference) / error)) if error > 0 else float("nan"), error=error,
        variance_saved=0.0,
    )  # fmt: skip

"""By how much a contact lifts the money that customers bring, believed as far as the trial can tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tenure_decisions.campaigns.crossfit import Split
from tenure_decisions.campaigns.information import EffectBelief, EffectResult, update_belief
from tenure_decisions.campaigns.learners import Randomised, fit_outcomes, score_doubly_robust
from tenure_decisions.inputs import Bools, Floats

BELIEVED = EffectBelief(mean=0.1, deviation=0.1)
"""What is believed of the lift of a campaign before it is measured: nothing to a fifth, as somebody bothers to try it.

A trial of some thousand customers cannot tell a lift of .2 from none: what it says alone contacts everybody or nobody
by luck. Of the means 0, .05 and .1 this one earned most on simulated shops 200 to 211; ``benchmarks/targeting.py``
judges it on others.
"""
TOLD_FROM = 1.96
"""Standard errors that what was learned of single customers must lie from nothing before it counts beside the lift."""
MONEY = ("margin", "revenue")
"""What money is, the first that is known."""


@dataclass(frozen=True, kw_only=True)
class MoneyLift:
    """What a contact adds to the money of customers: the same share of it for all, and what was learned beyond that.

    Attributes
    ----------
    measured, error
        Lift in the trial (mean gain over the mean of the same customers left alone), and its standard error.
    lift
        What is believed after it: `BELIEVED` and the trial, each weighed by what it knows.
    beyond
        Money per unit of what a learner says of a customer beyond the same share for all; 0 where it does not tell.
    share
        Mean uplift over the mean outcome of those left alone: what the same share for all would be.
    scores
        Doubly robust scores of the money a contact brings before its own cost, shape (n,).
    money
        One of `MONEY`.
    """

    measured: float
    error: float
    lift: float
    beyond: float
    share: float
    scores: Floats = field(repr=False)
    money: str

    def find_extra(self, uplift: Floats, control: Floats) -> Floats:
        """Return the money that a contact brings beyond the lift, from what is learned of customers, shape (n,)."""
        return self.beyond * (uplift - self.share * control)


def measure_money(
    people: pd.DataFrame,
    data: Randomised,
    splits: Sequence[Split],
    *,
    uplift: Floats,
    control: Floats,
    service_cost: float,
    seed: int,
) -> MoneyLift:
    """Measure how much more money customers bring when contacted, before the cost of the contact itself.

    Money is net of what the offer gives away and of serving the orders; its largest hundredth is cut off.

    Parameters
    ----------
    people
        Customers of the arm and of control, as `tenure_decisions.campaigns.trial.measure` has them.
    data
        The same customers, for learners; the outcome is not used.
    splits
        To expect each customer's money from others.
    uplift, control
        What is said of each customer's outcome by models that did not see them: its uplift, and left alone.
    service_cost
        Money of serving an order.
    seed
        Of models.
    """
    money = next(name for name in MONEY if name in people)
    outcome = people[f"{money}_capped"] - service_cost * people["orders"]
    if "profit" in people:
        outcome = outcome - (people[money] - people["profit"] - _contact_of(people))
    earned = Randomised(
        X=data.X, treated=data.treated, outcome=outcome.to_numpy(dtype=np.float64), propensity=data.propensity
    )
    alone, treated = np.zeros(len(people)), np.zeros(len(people))
    for split in splits:
        models = fit_outcomes(earned.take(split.train), seed=seed)
        alone[split.test], treated[split.test] = models.predict(earned.X[split.test])
    scores = score_doubly_robust(earned, alone, treated)
    measured, error = lift_of(scores, _score_alone(earned, alone))
    lift = believe(measured, error)
    share = float(uplift.mean() / control.mean()) if control.mean() > 0 else 0.0
    # what the lift leaves of each customer's gain, beside what a learner says of them beyond the same share for all
    left = scores - (lift if np.isnan(measured) else measured) * np.maximum(alone, 0.0)
    beyond = learn_beyond(left, uplift - share * control)
    return MoneyLift(
        measured=measured, error=error, lift=lift, beyond=beyond, share=share, scores=scores, money=money
    )  # fmt: skip


def learn_beyond(left: Floats, learned: Floats) -> float:
    """Return the slope of what is left on what was learned, drawn to zero by its noise; 0 where it may be noise.

    (James and Stein 1961, positive part, of a slope with its heteroscedastic standard error.)

    Examples
    --------
    >>> learned = np.array([-1.0, 1.0] * 50)
    >>> round(learn_beyond(2 * learned + np.repeat([-1.0, 1.0], 50), learned), 2)
    2.0
    >>> learn_beyond(np.repeat([-1.0, 1.0], 50), learned)
    0.0
    """
    x = learned - learned.mean()
    square = float(x @ x)
    if not square > 0:
        return 0.0
    slope = float(x @ left) / square
    noise = left - left.mean() - slope * x
    error = float(np.sqrt(x**2 @ noise**2)) / square
    return slope * (1 - (error / slope) ** 2) if slope > TOLD_FROM * error else 0.0


def contact_of(people: pd.DataFrame, treated: Bools) -> float:
    """Return what contacting one customer of the arm cost on average."""
    return float(_contact_of(people)[treated].mean())


def _contact_of(people: pd.DataFrame) -> pd.Series[float]:
    return people["contact_cost"].fillna(0.0) if "contact_cost" in people else pd.Series(0.0, index=people.index)


def _score_alone(data: Randomised, control: Floats) -> Floats:
    """Return scores whose mean is that of customers left alone, whatever the arm they were drawn into."""
    return control + np.where(data.treated, 0.0, (data.outcome - control) / (1 - data.propensity))


def lift_of(gained: Floats, alone: Floats) -> tuple[float, float]:
    """Return mean gained over mean alone, and its standard error (delta method); NaN where they bring nothing alone.

    Examples
    --------
    >>> lift, error = lift_of(np.array([1.0, 3.0, 1.0, 3.0]), np.array([9.0, 11.0, 11.0, 9.0]))
    >>> lift, round(error, 3)
    (0.2, 0.051)
    """
    base = float(alone.mean())
    if not base > 0 or len(gained) < 2:
        return float("nan"), float("nan")
    lift = float(gained.mean()) / base
    return lift, float(np.std(gained - lift * alone) / np.sqrt(len(gained))) / base


def believe(measured: float, error: float) -> float:
    """Return what is believed of a lift after a measurement; before it where nothing was measured.

    Examples
    --------
    >>> round(believe(0.3, 0.1), 3), round(believe(0.3, 0.001), 3), round(believe(float("nan"), float("nan")), 3)
    (0.2, 0.3, 0.1)
    """
    results = [EffectResult(difference=measured, error=error)] if np.isfinite(measured) and error > 0 else []
    return update_belief(BELIEVED, results).mean

"""The uplift of one arm: learned, judged beside simpler rankings, and predicted for customers of now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tenure_decisions.campaigns.crossfit import CrossFit, cross_fit, require_enough, split_customers
from tenure_decisions.campaigns.learners import LEARNERS, OutcomeModels, Randomised, UpliftModel, fit_outcomes
from tenure_decisions.campaigns.money_lift import MoneyLift, contact_of, measure_money
from tenure_decisions.campaigns.ranking import TENTHS, Judge, Ranked, by_decile, calibration
from tenure_decisions.inputs import Floats
from tenure_decisions.resampling import Resampler

RANDOM, RISK, RESPONSE = "random", "highest risk first", "highest response first"
"""Rankings that need no uplift: by lot, by P(no order) when left alone, by what is expected when contacted."""
SURE_FROM = 0.5
"""Expected retention when left alone from which a customer is a sure thing."""
UPLIFT_KINDS = ("persuadable", "sure thing", "lost cause", "sleeping dog")
MOVED_FROM = 0.02
"""Predicted uplift from which a customer is persuadable."""
_RANGES = ("recency_days", "orders_total")
"""What the audience of a campaign is chosen by: outside the range seen, predictions are guesses."""


@dataclass(frozen=True, kw_only=True)
class ArmUplift:
    """What was learned of an arm.

    Attributes
    ----------
    arm
        Its name.
    money
        What a contact does to the money that customers bring.
    rankings, deciles, kinds, policies, curves
        Tables of the findings.
    qini
        Of the learner asked for, with its interval.
    average
        Average effect with its interval.
    shrinkage
        Share of the distance to the average that predictions keep, 0 to 1: their measured calibration; 0 where the
        ranking does not beat a random one.
    dogs
        Customers of the trial with a predicted uplift below zero.
    names
        Of the features.
    model, outcomes
        Fitted to all customers of the trial.
    ranges
        Smallest and largest value seen of what the audience of a campaign is chosen by.
    """

    arm: str
    money: MoneyLift
    rankings: pd.DataFrame = field(repr=False)
    deciles: pd.DataFrame = field(repr=False)
    kinds: pd.DataFrame = field(repr=False)
    policies: pd.DataFrame = field(repr=False)
    curves: pd.DataFrame = field(repr=False)
    qini: tuple[float, float, float]
    average: tuple[float, float, float]
    shrinkage: float
    dogs: int
    names: Sequence[str] = field(repr=False)
    model: UpliftModel = field(repr=False)
    outcomes: OutcomeModels = field(repr=False)
    ranges: dict[str, tuple[float, float]] = field(repr=False)

    @property
    def tells(self) -> bool:
        """Whether the ranking beats a random one by its whole interval."""
        return self.qini[1] > 0

    def predict(self, now: pd.DataFrame) -> pd.DataFrame:
        """Predict customers of now.

        Returns
        -------
        DataFrame
            ``customer_id, uplift`` (calibrated: the average where customers could not be told apart),
            ``outcome_control, outcome_treated`` (expected left alone and contacted), ``kind``, ``lift`` (of the money
            they bring, believed after the trial; the same for everybody), ``extra`` (money beyond it, where the
            trial tells customers apart) and ``inside``: whether the customer is of the kind that the campaign
            reached, by recency and number of orders.
        """
        X = now[list(self.names)].to_numpy(dtype=np.float64)
        raw = self.model(X)
        uplift = self.average[0] + self.shrinkage * (raw - self.average[0])
        control, _ = self.outcomes.predict(X)
        inside = np.ones(len(now), dtype=bool)
        for name, (low, high) in self.ranges.items():
            inside &= now[name].between(low, high).to_numpy()
        return pd.DataFrame(
            {
                "customer_id": now["customer_id"].to_numpy(),
                "uplift": uplift,
                "outcome_control": control,
                "outcome_treated": control + uplift,
                "kind": name_kinds(control, uplift),
                "lift": self.money.lift,
                "extra": self.money.find_extra(raw, control),
                "inside": inside,
            }
        )


def name_kinds(control: Floats, uplift: Floats) -> list[str]:
    """Name the four kinds of Radcliffe (2007) by what is predicted.

    Examples
    --------
    >>> name_kinds(np.array([0.3, 0.9, 0.0, 0.8]), np.array([0.2, 0.01, 0.0, -0.1]))
    ['persuadable', 'sure thing', 'lost cause', 'sleeping dog']
    """
    calm = np.where(control >= SURE_FROM, "sure thing", "lost cause")
    calm = np.where(uplift >= MOVED_FROM, "persuadable", calm)
    return [str(kind) for kind in np.where(uplift < 0, "sleeping dog", calm)]


def learn_arm(
    people: pd.DataFrame,
    names: Sequence[str],
    *,
    arm: str,
    metric: str,
    learner: str,
    propensity: float,
    horizon_days: int,
    level: float,
    resamples: int,
    service_cost: float,
    seed: int,
) -> ArmUplift:
    """Learn and judge the uplift of an arm.

    Parameters
    ----------
    people
        Customers of the arm and of control as `tenure_decisions.campaigns.trial.measure` has them, with features.
    names
        Of the features.
    arm, metric, learner, propensity, horizon_days, level, resamples, service_cost, seed
        See `tenure_decisions.campaigns.uplift.UpliftSettings`.
    """
    data = take_randomised(people, names, arm=arm, outcome=people[metric], propensity=propensity)
    require_enough(data.treated)
    splits = split_customers(people["assigned_at"], horizon_days=horizon_days, seed=seed)
    fitted = cross_fit(data, splits, seed=seed)
    judge = Judge(
        data=data, scores=fitted.scores, level=level, resampler=Resampler(len(people), seed=seed, resamples=resamples)
    )
    ranked = {name: judge.rank(values) for name, values in rankings_of(fitted).items()}
    slope = calibration(judge, fitted.uplift[learner])
    qini, average = ranked[learner].qini, judge.ends(judge.mean_of(fitted.scores))
    shrinkage = float(np.clip(slope[0], 0.0, 1.0)) if qini[1] > 0 and np.isfinite(slope[0]) else 0.0
    predicted = average[0] + shrinkage * (fitted.uplift[learner] - average[0])
    money = measure_money(
        people, data, splits, uplift=fitted.uplift[learner], control=fitted.control, service_cost=service_cost,
        seed=seed,
    )  # fmt: skip
    worth = money.scores - contact_of(people, data.treated)
    outcomes = fit_outcomes(data, seed=seed)
    return ArmUplift(
        arm=arm,
        money=money,
        rankings=_rank_table(ranked, fitted, judge, arm),
        deciles=by_decile(judge, fitted.uplift[learner]).assign(arm=arm),
        kinds=_kind_table(judge, predicted, fitted.control, arm),
        policies=_policy_table({learner: ranked[learner]} | _plain(ranked), judge, worth, arm),
        curves=_curve_table({learner: ranked[learner]} | _plain(ranked), average[0], arm),
        qini=qini,
        average=average,
        shrinkage=shrinkage,
        dogs=int((predicted < 0).sum()),
        names=tuple(names),
        model=LEARNERS[learner](data, outcomes, seed),
        outcomes=outcomes,
        ranges={name: (float(people[name].min()), float(people[name].max())) for name in _RANGES if name in people},
    )


def take_randomised(
    people: pd.DataFrame, names: Sequence[str], *, arm: str, outcome: pd.Series[float], propensity: float
) -> Randomised:
    """Lay customers out for learners."""
    return Randomised(
        X=people[list(names)].to_numpy(dtype=np.float64),
        treated=(people["arm"] == arm).to_numpy(),
        outcome=np.asarray(outcome, dtype=np.float64),
        propensity=propensity,
    )


def rankings_of(fitted: CrossFit) -> dict[str, Floats]:
    """Return what customers are ranked by, the highest first: the learners, and the rankings without uplift."""
    return {**fitted.uplift, RISK: -fitted.control, RESPONSE: fitted.treated}


def _plain(ranked: dict[str, Ranked]) -> dict[str, Ranked]:
    return {name: ranked[name] for name in (RISK, RESPONSE)}


def _rank_table(ranked: dict[str, Ranked], fitted: CrossFit, judge: Judge, arm: str) -> pd.DataFrame:
    rows = []
    for name, each in ranked.items():
        slope = calibration(judge, fitted.uplift[name]) if name in fitted.uplift else (np.nan,) * 3
        over = each.qini_over(ranked[RISK]) if name != RISK else (np.nan,) * 3
        rows.append((arm, name, *each.qini, *each.auuc, *over, *slope))
    half = judge.ends(judge.mean_of(judge.scores) / 2)
    rows.append((arm, RANDOM, 0.0, 0.0, 0.0, *half, *(np.nan,) * 6))
    names = ("qini", "auuc", "over_risk", "slope")
    columns = [f"{name}{end}" for name in names for end in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=["arm", "ranking", *columns])


def _kind_table(judge: Judge, predicted: Floats, control: Floats, arm: str) -> pd.DataFrame:
    kinds = np.array(name_kinds(control, predicted))
    rows = []
    for kind in UPLIFT_KINDS:
        inside = (kinds == kind).astype(np.float64)
        if inside.sum():
            draws = judge.mean_of(inside * judge.scores) / np.maximum(judge.mean_of(inside), 1e-12)
            rows.append((arm, kind, int(inside.sum()), float(predicted[kinds == kind].mean()), *judge.ends(draws)))
    return pd.DataFrame(
        rows, columns=["arm", "kind", "customers", "predicted", "measured", "measured_low", "measured_high"]
    )


def _policy_table(ranked: dict[str, Ranked], judge: Judge, worth: Floats, arm: str) -> pd.DataFrame:
    tables = [each.values(worth).assign(ranking=name) for name, each in ranked.items()]
    mean = judge.mean_of(worth)
    shares = [tenth / TENTHS for tenth in range(1, TENTHS + 1)]
    by_lot = pd.DataFrame(
        [(share, *judge.ends(share * mean)) for share in shares],
        columns=["contacted", "value", "value_low", "value_high"],
    ).assign(ranking=RANDOM)
    table = pd.concat([*tables, by_lot], ignore_index=True).assign(arm=arm)
    return table[["arm", "ranking", "contacted", "value", "value_low", "value_high"]]


def _curve_table(ranked: dict[str, Ranked], average: float, arm: str) -> pd.DataFrame:
    tables = [each.curve().assign(ranking=name) for name, each in ranked.items()]
    ends = pd.DataFrame({"share": [0.0, 1.0], "gain": [0.0, float(tables[0]["gain"].iloc[-1])]})
    line = ends.assign(gain_low=ends["gain"], gain_high=ends["gain"], ranking=RANDOM)
    return pd.concat([*tables, line], ignore_index=True).assign(arm=arm, average=average)

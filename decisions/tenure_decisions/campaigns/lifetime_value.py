"""CLV as a metric of a campaign: what customers brought since their assignment, and what is still to come of them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from tenure_decisions.campaigns.trial import BEFORE_PREFIX, CampaignTrial, cap_money
from tenure_decisions.inputs import require
from tenure_features.errors import UsageError

CLV_METRIC = "clv"
CLV_METRICS = (CLV_METRIC, "clv_capped")
TO_COME = ("clv_to_come", "expected_value")
"""Columns of a score table that say what is to come, the first that is known of everybody."""


@dataclass(frozen=True, kw_only=True)
class MoneyToCome:
    """What a model expects of customers from a moment on.

    Attributes
    ----------
    moment
        Of the scores.
    column
        Which of `TO_COME` it is.
    money
        By customer.
    """

    moment: pd.Timestamp
    column: str
    money: pd.Series[float] = field(repr=False)

    @classmethod
    def of(cls, scores: pd.DataFrame, moment: pd.Timestamp) -> MoneyToCome:
        """Take it from a score table of one model.

        Raises
        ------
        UsageError
            Several models made the scores: what tells the models apart would look like an effect.
        """
        require(scores, ("customer_id", "expected_value"), name="scores")
        models = scores["model_version"].nunique() if "model_version" in scores else 1
        if models > 1:
            raise UsageError(
                "What is to come must be said by one model for all arms.",
                found=f"scores of {models} models",
                fix="Score everybody with the same model.",
            )
        column = find_to_come(scores)
        return cls(moment=moment, column=column, money=scores.set_index("customer_id")[column].astype("float64"))

    def count_unknown(self, customers: pd.Series[str]) -> int:
        """Count the customers who are not in the scores."""
        return int((~customers.isin(self.money.index)).sum())

    def note_unknown(self, customers: pd.Series[str]) -> list[str]:
        """Say how many customers are not in the scores; nothing where all are."""
        unknown = self.count_unknown(customers)
        if not unknown:
            return []
        return [
            f"{unknown:,} customers are not in the scores of {self.moment:%Y-%m-%d}: nothing is to come of them."
        ]  # fmt: skip


def find_to_come(scores: pd.DataFrame) -> str:
    """Return the column that says what is to come: CLV, or where the data do not support it the value of the horizon.

    Examples
    --------
    >>> find_to_come(pd.DataFrame({"clv_to_come": [30.0, None], "expected_value": [5.0, 7.0]}))
    'expected_value'
    """
    return next((name for name in TO_COME if name in scores and scores[name].notna().all()), TO_COME[-1])


def add_clv(
    people: pd.DataFrame, movements: pd.DataFrame, ahead: MoneyToCome, *, horizon_days: int
) -> pd.DataFrame:  # fmt: skip
    """Add ``clv`` to customers, what they brought over the days before, and both without their largest hundredth.

    CLV is what a customer brought from the assignment until the moment of the scores, and what these expect after it;
    whom they do not know, nothing is to come of. Nobody is left out, and no money is counted twice.

    Parameters
    ----------
    people
        ``customer_id, assigned_at``.
    movements
        ``customer_id, at, value``: see `tenure_decisions.economics.ledger.OrderLedger`.
    ahead
        What is to come.
    horizon_days
        Days before the assignment that the covariate is of.

    Examples
    --------
    >>> at = pd.Timestamp(2024, 1, 11)
    >>> people = pd.DataFrame({"customer_id": ["a", "b"], "assigned_at": [at, at]})
    >>> movements = pd.DataFrame({"customer_id": ["a", "a"], "at": [at, at - pd.Timedelta("1h")], "value": [5.0, 7.0]})
    >>> ahead = MoneyToCome(moment=at + pd.Timedelta(days=10), column="clv_to_come", money=pd.Series({"a": 30.0}))
    >>> add_clv(people, movements, ahead, horizon_days=10)[["clv", "before_clv"]].values.tolist()
    [[35.0, 7.0], [0.0, 0.0]]
    """
    places = people[["customer_id", "assigned_at"]].reset_index(drop=True).reset_index(names="place")
    rows = movements.merge(places, on="customer_id")
    since = rows["at"] - rows["assigned_at"]
    nothing = pd.Timedelta(0)
    after = (since >= nothing) & (rows["at"] < ahead.moment)
    before = (since < nothing) & (since >= -pd.Timedelta(days=horizon_days))
    earned, past = (
        np.bincount(rows.loc[inside, "place"], rows.loc[inside, "value"], len(people)) for inside in (after, before)
    )
    to_come = people["customer_id"].map(ahead.money).fillna(0.0).to_numpy(dtype=np.float64)
    table = people.assign(**{CLV_METRIC: earned + to_come, f"{BEFORE_PREFIX}{CLV_METRIC}": past})
    for prefix in ("", BEFORE_PREFIX):
        table[f"{prefix}{CLV_METRIC}_capped"] = cap_money(table[f"{prefix}{CLV_METRIC}"])
    return table


def measure_clv(trial: CampaignTrial, movements: pd.DataFrame, ahead: MoneyToCome) -> tuple[CampaignTrial, list[str]]:
    """Add CLV to the metrics of a campaign, and say what it rests on.

    Parameters
    ----------
    trial
        A campaign.
    movements, ahead
        As in `add_clv`.

    Raises
    ------
    UsageError
        The scores are older than the last window, younger than the orders, or know none of the customers.

    Notes
    -----
    What is to come stands for what nobody has seen yet: a surrogate (Athey, Chetty, Imbens and Kang 2019, The Surrogate
    Index). Its difference is that of the true CLV as far as the campaign moves what follows through what customers
    have done by then, and that alone.
    """
    people = trial.customers
    _require_moment(trial, ahead)
    if ahead.count_unknown(people["customer_id"]) == len(people):
        raise UsageError(
            "The later scores know none of the customers of the campaign.",
            fix="Name scores of this shop with --scores-after.",
        )
    table = add_clv(people, movements, ahead, horizon_days=trial.horizon_days)
    notes = [
        f"CLV is what customers brought until {ahead.moment:%Y-%m-%d} and what the scores of that day expect after it "
        f"({ahead.column}), before contact and offer.",
        "What is to come is a forecast: of an effect on later orders it holds what shows in what customers have done "
        "by then. The model must not know the arm: no feature of Tenure reads the assignments, and no feature of yours "
        "may.",
        "The interval of CLV is of the lot: it does not hold the error of the forecast.",
        *ahead.note_unknown(people["customer_id"]),
    ]
    return replace(trial, customers=table, metrics=(*trial.metrics, *CLV_METRICS)), notes


def _require_moment(trial: CampaignTrial, ahead: MoneyToCome) -> None:
    closed = trial.customers["assigned_at"].max() + pd.Timedelta(days=trial.horizon_days)
    if closed <= ahead.moment <= trial.as_of:
        return
    late = ahead.moment > trial.as_of
    raise UsageError(
        f"The later scores are of {ahead.moment:%Y-%m-%d}, "
        + ("and orders are read until then only in part." if late else "before the last window had closed."),
        found=f"the last window closed on {closed:%Y-%m-%d}, orders are read until {trial.as_of:%Y-%m-%d}",
        fix=f"Score with --as-of {trial.as_of:%Y-%m-%d}.",
    )

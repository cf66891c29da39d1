"""The numbers of the page, aggregated from the score table and the backtest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tenure_serving.charts.style import sort_by_order
from tenure_serving.charts.trust import METRIC_WORDS
from tenure_serving.language import ENGLISH, Language
from tenure_serving.segments.playbook import Playbook
from tenure_serving.segments.tiers import TIERS, money_at_risk


@dataclass(frozen=True, kw_only=True)
class Headline:
    """The four numbers on top, in customers and money over the horizon.

    Attributes
    ----------
    customers
        Everybody in the score table.
    at_risk
        Customers in the high risk tier, or with a warning, who are not lost yet.
    lost
        Customers whose lifecycle is ``lost``.
    money_at_risk
        What those at risk would bring if they stayed, minus what is expected of them.
    expected_value
        Sum over everybody.
    churn
        Mean churn probability.
    """

    customers: int
    at_risk: int
    lost: int
    money_at_risk: float
    expected_value: float
    churn: float


def with_money(scores: pd.DataFrame, record: pd.DataFrame | None = None) -> pd.DataFrame:
    """Return the score table with ``money_at_risk``, ``lost`` and ``at_risk`` (high risk or warned of, not lost).

    Parameters
    ----------
    scores
        One row per customer.
    record
        What each has done so far: ``customer_id``, ``orders_so_far`` and ``revenue_so_far``, added where it is given.
    """
    lost = scores["lifecycle"] == "lost" if "lifecycle" in scores else pd.Series(False, index=scores.index)
    warned = scores["warnings"].str.len() > 0 if "warnings" in scores else pd.Series(False, index=scores.index)
    at_risk = ((scores["risk_tier"] == "high") | warned) & ~lost
    people = scores.assign(money_at_risk=money_at_risk(scores), lost=lost, at_risk=at_risk)
    if record is None:
        return people
    sums = record.set_index("customer_id")[["orders_so_far", "revenue_so_far"]].reindex(people["customer_id"])
    return people.assign(**{str(name): sums[name].to_numpy() for name in sums})  # a join would copy every column


def headline(people: pd.DataFrame) -> Headline:
    """Add up the table `with_money` gives."""
    risky = people[people["at_risk"]]
    return Headline(
        customers=len(people),
        at_risk=len(risky),
        lost=int(people["lost"].sum()),
        money_at_risk=float(risky["money_at_risk"].sum()),
        expected_value=float(people["expected_value"].sum()),
        churn=float(people["churn_probability"].mean()),
    )


def sum_by(people: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Count customers and add up money by one or more columns.

    Returns
    -------
    DataFrame
        The columns, ``customers``, ``share`` of customers, ``churn`` (mean probability), ``expected_value`` and
        ``money_at_risk`` (sums), one row per combination that has customers.
    """
    grouped = people.groupby(list(columns), as_index=False).agg(
        customers=("customer_id", "size"),
        churn=("churn_probability", "mean"),
        expected_value=("expected_value", "sum"),
        money_at_risk=("money_at_risk", "sum"),
    )
    return grouped.assign(share=grouped["customers"] / len(people))


def by_risk(people: pd.DataFrame) -> pd.DataFrame:
    """Aggregate by risk tier, the highest first."""
    table = sum_by(people, "risk_tier")
    return table.sort_values("risk_tier", key=lambda tier: tier.map(TIERS.index), ascending=False, ignore_index=True)


def by_segment(people: pd.DataFrame, playbook: Playbook) -> list[dict[str, Any]]:
    """Aggregate by segment in the playbook's order.

    Returns
    -------
    list of dict
        The columns of `sum_by`, ``goal``, ``step`` (the next one) and ``later`` steps. A segment the playbook does not
        know, because the scores were made with an edited one, has no goal and only the step of the score table.
    """
    records = sum_by(people, "segment").to_dict(orient="records")
    rows = {str(row["segment"]): {str(name): value for name, value in row.items()} for row in records}
    plays = {play.name: play for play in playbook.plays}
    steps = people.groupby("segment")["next_step"].first()
    out: list[dict[str, Any]] = []
    for name in sort_by_order(list(rows), playbook.names):
        play = plays.get(name)
        first = str(steps[name])
        later = [step for step in play.next_steps if step != first] if play else []
        out.append({**rows[name], "goal": play.goal if play else "", "step": first, "later": later})
    return out


def first_to_call(people: pd.DataFrame, *, rows: int | None = 20) -> pd.DataFrame:
    """Return the customers at risk, the most urgent first, reasons as a list and as one text.

    Urgent is money at risk times evidence: with n orders so far it counts n / (n + 1), so that of a customer known from
    one order half of the money counts. Who has brought no money so far, returns netted, is not on the list.

    Parameters
    ----------
    people
        From `with_money`; without a record of what customers did, money at risk alone decides.
    rows
        The most; None for all.
    """
    return _most_urgent(people[people["at_risk"]], rows)


def lost_customers(people: pd.DataFrame, *, rows: int | None = 10) -> pd.DataFrame:
    """Return the customers who are lost already in the same order: winning back is another question than keeping."""
    return _most_urgent(people[people["lost"]], rows)


def _most_urgent(people: pd.DataFrame, rows: int | None) -> pd.DataFrame:
    urgency = people["money_at_risk"]
    if "orders_so_far" in people:
        people = people[people["revenue_so_far"] > 0]
        urgency = people["money_at_risk"] * people["orders_so_far"] / (people["orders_so_far"] + 1)
    listed = people.assign(urgency=urgency).sort_values(["urgency", "customer_id"], ascending=[False, True])
    listed = listed if rows is None else listed.head(rows)
    reasons = (
        listed["churn_reasons"] if "churn_reasons" in listed else pd.Series([()] * len(listed), index=listed.index)
    )
    sentences = [_list_reasons(item) for item in reasons]
    return listed.assign(
        reasons=pd.Series(sentences, index=listed.index, dtype="object"), why=["; ".join(item) for item in sentences]
    )


def call_list(people: pd.DataFrame, *, language: Language = ENGLISH) -> pd.DataFrame:
    """Return everybody at risk, then everybody lost, as rows of ``call_list.csv``; the column ``list`` says which."""
    columns = ["customer_id", "list", "money_at_risk", "churn_probability", "expected_value", "orders_so_far",
               "revenue_so_far", "segment", "next_step", "why"]  # fmt: skip
    both = [first_to_call(people, rows=None).assign(list="call"), lost_customers(people, rows=None).assign(list="lost")]
    table = pd.concat(both, ignore_index=True)
    for column in ("list", "segment", "next_step"):
        table[column] = table[column].map({text: language.translate(str(text)) for text in table[column].unique()})
    digits = {"money_at_risk": 2, "churn_probability": 4, "expected_value": 2, "revenue_so_far": 2}
    return table[[name for name in columns if name in table]].round(digits)


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """The candidates of a backtest, averaged over its moments.

    Attributes
    ----------
    figures
        A row per metric: ``name``, ``champion`` and ``baseline``, the best simple rule by log-loss.
    first
        Those of them that a reader needs to judge: order, probabilities and money, one or two of each.
    baseline
        Its name; empty where the backtest had none beside the champion.
    rest
        By group of metrics: every candidate, the champion first, then baselines, then the other models.
    origins
        Moments in the past.
    """

    figures: list[dict[str, Any]]
    first: list[dict[str, Any]]
    baseline: str
    rest: list[tuple[list[str], list[dict[str, Any]]]]
    origins: int


_METRICS_PER_TABLE = 4
_FIRST = ("auroc", "log_loss", "ece", "normalised_gini", "total_bias", "coverage_80")


def compare(backtest: pd.DataFrame, champion: str) -> Comparison:
    """Set the champion beside the best simple rule, and all candidates in tables that fit on a page."""
    metrics = [name for name in METRIC_WORDS if name in backtest and backtest[name].notna().any()]
    means = backtest.groupby(["kind", "candidate"], as_index=False)[metrics].mean()
    means = means.sort_values(["kind", "candidate"])
    means = means.sort_values("candidate", key=lambda names: names != champion, kind="stable", ignore_index=True)
    others = means[(means["kind"] == "baseline") & (means["candidate"] != champion)]
    if "log_loss" in others and others["log_loss"].notna().any():
        others = others.sort_values("log_loss", kind="stable")
    records: list[dict[str, Any]] = [
        {str(name): value for name, value in row.items()} for row in means.to_dict("records")
    ]
    mine = next((row for row in records if row["candidate"] == champion), {})
    best = {} if others.empty else others.iloc[0].to_dict()
    groups = [metrics[start : start + _METRICS_PER_TABLE] for start in range(0, len(metrics), _METRICS_PER_TABLE)]
    figures = [{"name": name, "champion": mine.get(name), "baseline": best.get(name)} for name in metrics]
    return Comparison(
        figures=figures,
        first=[row for row in figures if row["name"] in _FIRST],
        baseline=str(best.get("candidate", "")),
        rest=[(group, records) for group in groups],
        origins=int(backtest["origin"].nunique()),
    )


def _list_reasons(reasons: object) -> list[str]:
    if isinstance(reasons, str):
        return [reasons]
    return [str(reason) for reason in reasons] if isinstance(reasons, (list, tuple, np.ndarray)) else []

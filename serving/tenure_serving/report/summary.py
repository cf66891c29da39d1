"""The numbers of the page, aggregated from the score table and the backtest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from tenure_serving.charts.style import sort_by_order
from tenure_serving.charts.trust import METRIC_WORDS
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


def with_money(scores: pd.DataFrame) -> pd.DataFrame:
    """Return the score table with ``money_at_risk``, ``lost`` and ``at_risk`` (high risk or warned of, not lost)."""
    lost = scores["lifecycle"] == "lost" if "lifecycle" in scores else pd.Series(False, index=scores.index)
    warned = scores["warnings"].str.len() > 0 if "warnings" in scores else pd.Series(False, index=scores.index)
    at_risk = ((scores["risk_tier"] == "high") | warned) & ~lost
    return scores.assign(money_at_risk=money_at_risk(scores), lost=lost, at_risk=at_risk)


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


def first_to_call(people: pd.DataFrame, *, rows: int = 20) -> pd.DataFrame:
    """Return the customers at risk with the most money at risk, reasons joined into one text."""
    risky = people[people["at_risk"]].sort_values(["money_at_risk", "customer_id"], ascending=[False, True]).head(rows)
    reasons = risky["churn_reasons"] if "churn_reasons" in risky else pd.Series([()] * len(risky), index=risky.index)
    return risky.assign(why=[_join_reasons(item) for item in reasons])


def backtest_means(backtest: pd.DataFrame, champion: str) -> pd.DataFrame:
    """Average every known metric of every candidate over the origins: the champion, baselines, then the rest."""
    metrics = [name for name in METRIC_WORDS if name in backtest and backtest[name].notna().any()]
    means = backtest.groupby(["kind", "candidate"], as_index=False)[metrics].mean()
    means = means.sort_values(["kind", "candidate"])
    return means.sort_values("candidate", key=lambda names: names != champion, kind="stable", ignore_index=True)


def _join_reasons(reasons: object) -> str:
    if isinstance(reasons, str):
        return reasons
    return "; ".join(map(str, reasons)) if isinstance(reasons, (list, tuple, np.ndarray)) else ""

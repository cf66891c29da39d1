"""What a shop's campaigns taught: one result per arm, what works for whom, and what the winners bring together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from tenure_decisions.campaigns.result_terms import RESULT_TERMS
from tenure_decisions.campaigns.shipped import LiftPrior, ShrunkLifts, shrink_lifts
from tenure_decisions.findings import Fact, Findings, FindingTable

RESULT_MONEY = ("profit", "margin", "revenue")
"""Metrics that winners are added up by, the first that was measured."""
WHOLE_CAMPAIGN = "everybody"
"""The group of a campaign as a whole."""
KNOWN_IN_GROUP, IN_ALL, UNSURE = "in the group itself", "in the campaign as a whole", "not enough data"
"""How well it is known that an arm works for a group, best first."""
BY_ORDERS_BEFORE = "orders before"
"""What customers were grouped by where no scores were given."""


@dataclass(frozen=True, kw_only=True)
class GroupResult:
    """The effect in a group as it is believed, with its interval."""

    group: str
    difference: float
    low: float
    high: float


@dataclass(frozen=True, kw_only=True)
class CampaignResult:
    """What is known of an arm.

    Attributes
    ----------
    campaign, arm, metric, horizon_days
        What was measured.
    known_at
        Until when orders were read: before that moment nobody could know it.
    outcome, sentence
        The verdict. Of a broken test the numbers are NaN.
    customers
        Assigned to the arm, whose window has closed.
    control, difference, low, high, error, level, always
        Mean of control; the difference with the interval that counts, its standard error, and whether the interval
        holds at every look.
    money, money_control, money_difference, money_error
        One of `RESULT_MONEY`, its mean in control, the difference per customer and its standard error.
    by, groups
        What customers were grouped by, and the effect in each group.
    """

    campaign: str
    arm: str
    metric: str
    horizon_days: int
    known_at: pd.Timestamp
    outcome: str
    sentence: str
    customers: int
    level: float
    always: bool
    by: str
    control: float = math.nan
    difference: float = math.nan
    low: float = math.nan
    high: float = math.nan
    error: float = math.nan
    money: str = ""
    money_control: float = math.nan
    money_difference: float = math.nan
    money_error: float = math.nan
    groups: tuple[GroupResult, ...] = ()

    @property
    def lift(self) -> tuple[float, float]:
        """The money as a share of control and its standard error; NaN where control brings none."""
        if not (self.money_control > 0 and self.money_error > 0):
            return math.nan, math.nan
        return self.money_difference / self.money_control, self.money_error / self.money_control

    def judge_group(self, group: GroupResult) -> str:
        """Say how well the effect in a group is known; the intervals of groups are for a single look."""
        if not self.always and (group.low > 0 or group.high < 0):
            return KNOWN_IN_GROUP
        decided = self.outcome in {"win", "loss"} and group.difference * self.difference > 0
        return IN_ALL if decided else UNSURE


def collect_results(analysis: Findings, *, by: str) -> tuple[CampaignResult, ...]:
    """Take the result of every arm from the findings of `tenure_decisions.campaigns.analysis.analyse`.

    Parameters
    ----------
    analysis
        The findings.
    by
        What its groups are: a column of the scores, or `BY_ORDERS_BEFORE`.
    """
    named = {table.name: table.frame for table in analysis.tables}
    results = []
    for verdict in named["verdicts"].to_dict("records"):
        result = CampaignResult(
            campaign=analysis.text("campaign"), arm=str(verdict["arm"]), metric=analysis.text("metric"),
            horizon_days=int(analysis.number("horizon_days")), known_at=pd.Timestamp(str(analysis.value("as_of"))),
            outcome=str(verdict["outcome"]), sentence=str(verdict["sentence"]), customers=0,
            level=analysis.number("level"), always=analysis.text("interval") == "holds at every look", by=by,
        )  # fmt: skip
        results.append(_with_effects(result, named["effects"], named.get("groups")) if "effects" in named else result)
    return tuple(results)


def _with_effects(result: CampaignResult, effects: pd.DataFrame, groups: pd.DataFrame | None) -> CampaignResult:
    """Add what was measured, which a broken test does not have."""
    of_arm = effects[effects["arm"] == result.arm].to_dict("records")
    rows: dict[str, Any] = {str(row["metric"]): row for row in of_arm}
    row, ends = rows[result.metric], "always" if result.always else "difference"
    money = rows[next(name for name in RESULT_MONEY if name in rows)]
    return replace(
        result,
        customers=int(row["customers"]),
        control=float(row["control"]),
        difference=float(row["difference"]),
        low=float(row[f"{ends}_low"]),
        high=float(row[f"{ends}_high"]),
        error=float(row["error"]),
        money=str(money["metric"]),
        money_control=float(money["control"]),
        money_difference=float(money["difference"]),
        money_error=float(money["error"]),
        groups=list_groups(groups, result.arm),
    )


def list_groups(frame: pd.DataFrame | None, arm: str) -> tuple[GroupResult, ...]:
    """Take the effect of an arm in each group from `tenure_decisions.campaigns.groups.effects_by_group`."""
    if frame is None or frame.empty:
        return ()
    return tuple(
        GroupResult(
            group=str(row["group"]), difference=float(row["difference"]),
            low=float(row["difference_low"]), high=float(row["difference_high"]),
        )
        for row in frame[frame["arm"] == arm].to_dict("records")
    )  # fmt: skip


def latest_results(results: Sequence[CampaignResult], *, as_of: pd.Timestamp) -> tuple[CampaignResult, ...]:
    """Return the last result of every arm that was known at a moment, campaigns in the order they became known."""
    by_then = sorted((result for result in results if result.known_at <= as_of), key=lambda result: result.known_at)
    return tuple({(result.campaign, result.arm): result for result in by_then}.values())


def list_what_works(results: Sequence[CampaignResult], *, by: str = "segment") -> pd.DataFrame:
    """List which arm works for which group, with how well that is known and since when.

    Parameters
    ----------
    results
        From `latest_results`.
    by
        Groups of this kind; a campaign that was grouped by something else stands for `WHOLE_CAMPAIGN`.
    """
    rows = []
    for result in results:
        whole = GroupResult(group=WHOLE_CAMPAIGN, difference=result.difference, low=result.low, high=result.high)
        parts = result.groups if result.by == by else ()
        for group in (whole, *parts):
            if not math.isfinite(group.difference):
                continue
            of_campaign = IN_ALL if result.outcome in {"win", "loss"} else UNSURE
            rows.append(
                {
                    "group": group.group,
                    "campaign": result.campaign,
                    "arm": result.arm,
                    "metric": result.metric,
                    "difference": group.difference,
                    "difference_low": group.low,
                    "difference_high": group.high,
                    "evidence": of_campaign if group is whole else result.judge_group(group),
                    "known_at": result.known_at,
                }
            )
    columns = ("group", "campaign", "arm", "metric", "difference", "difference_low", "difference_high", "evidence",
               "known_at")  # fmt: skip
    return pd.DataFrame(rows, columns=list(columns))


def find_best_arms(learnt: pd.DataFrame) -> dict[str, dict[str, object]]:
    """Return the row of the arm that is known to work best, by group; groups where none is are not in it.

    Parameters
    ----------
    learnt
        From `list_what_works`.
    """
    works = learnt[(learnt["difference"] > 0) & (learnt["evidence"] != UNSURE)]
    # first how well it is known: an arm of the group itself goes before one of the campaign as a whole
    rank = works["evidence"].eq(KNOWN_IN_GROUP).astype(int)
    order = works.assign(rank=rank).sort_values(["rank", "difference"], ascending=False, kind="stable")
    best = order[order["group"] != WHOLE_CAMPAIGN].drop_duplicates("group").drop(columns="rank")
    return {str(row["group"]): row for row in best.to_dict("records")}  # type: ignore[misc]


def shrink_results(results: Sequence[CampaignResult]) -> tuple[tuple[CampaignResult, ...], ShrunkLifts | None]:
    """Return the results whose lift in money is known, and what is believed of their lifts; None without any."""
    usable = tuple(result for result in results if all(map(math.isfinite, result.lift)))
    if not usable:
        return (), None
    lifts, errors = np.array([result.lift for result in usable]).T
    return usable, shrink_lifts(lifts, errors)


def expect_lift(results: Sequence[CampaignResult], *, metric: str) -> LiftPrior | None:
    """Return what the shop's results say of the lift of the next arm; None where the metric was never measured.

    Parameters
    ----------
    results
        From `latest_results`; those of another metric do not count.
    metric
        What the next test is made for.
    """
    pairs = [_lift_of(result) for result in results if result.metric == metric]
    measured = np.array([pair for pair in pairs if all(map(math.isfinite, pair))])
    if not len(measured):
        return None
    believed = shrink_lifts(measured[:, 0], measured[:, 1])
    return LiftPrior(mean=believed.mean, deviation=believed.spread, arms=len(measured))


def _lift_of(result: CampaignResult) -> tuple[float, float]:
    if not (result.control > 0 and result.error > 0):
        return math.nan, math.nan
    return result.difference / result.control, result.error / result.control


def find_results(
    results: Sequence[CampaignResult], *, by: str = "segment", level: float = 0.95, currency: str = ""
) -> Findings | None:
    """Say what the campaigns of a shop taught; None where there were none.

    Parameters
    ----------
    results
        From `latest_results`.
    by
        As in `list_what_works`.
    level
        Of the intervals of sums.
    currency
        Of every amount.
    """
    if not results:
        return None
    usable, believed = shrink_results(results)
    wins = np.array([result.outcome == "win" for result in usable], dtype=bool)
    scale = np.array([result.money_control * result.customers for result in usable])
    seen = np.array([result.lift[0] for result in usable])
    total = (0.0, 0.0, 0.0) if believed is None else believed.total(wins * scale, level=level)
    by_result = {} if believed is None else dict(zip(usable, believed.means * scale, strict=True))
    return Findings(
        subject="campaign_results",
        title="What campaigns taught",
        facts=(
            Fact("measured", len(results), "arms"),
            Fact("winners", sum(result.outcome == "win" for result in results), "arms"),
            Fact("winners_believed", total[0], "money"),
            Fact("winners_believed_low", total[1], "money"),
            Fact("winners_believed_high", total[2], "money"),
            Fact("winners_seen", float((seen * scale)[wins].sum()), "money"),
        ),
        tables=(
            FindingTable(
                name="learnt", title="What works for whom", frame=list_what_works(results, by=by), terms=RESULT_TERMS
            ),
            FindingTable(
                name="tests",
                title="Every arm measured",
                frame=pd.DataFrame([_test_row(result, by_result.get(result, math.nan)) for result in results]),
                terms=RESULT_TERMS,
            ),
        ),
        currency=currency,
    )


def _as_lift(result: CampaignResult) -> dict[str, float]:
    control = result.control if result.control > 0 else math.nan
    ends = {"lift": result.difference, "lift_low": result.low, "lift_high": result.high}
    return {name: value / control for name, value in ends.items()}


def _test_row(result: CampaignResult, believed: float) -> dict[str, object]:
    return {
        "campaign": result.campaign,
        "arm": result.arm,
        "metric": result.metric,
        "horizon_days": result.horizon_days,
        "customers": result.customers,
        "difference": result.difference,
        "difference_low": result.low,
        "difference_high": result.high,
        **_as_lift(result),
        "outcome": result.outcome,
        "money_metric": result.money,
        "money_seen": result.money_difference * result.customers,
        "money_believed": believed,
        "known_at": result.known_at,
    }

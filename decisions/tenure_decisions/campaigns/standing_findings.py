"""What a call of the standing tests did, as findings."""

from __future__ import annotations

import math

import pandas as pd

from tenure_decisions.campaigns.standing import StandingCall, StandingTest
from tenure_decisions.campaigns.standing_rules import StandingRules
from tenure_decisions.campaigns.terms import STANDING_TERMS
from tenure_decisions.findings import Fact, Findings, FindingTable


def standing_findings(call: StandingCall, rules: StandingRules, *, currency: str = "") -> Findings:
    """Tell the tests with what is known of them, who was assigned, and what would be tried next.

    Parameters
    ----------
    call
        From `tenure_decisions.campaigns.standing.call_standing`.
    rules
        That it was made by.
    currency
        Of every amount.
    """
    state = call.state
    tests = pd.DataFrame([row for test in state.tests for row in _rows(test, state.assignments)])
    drawn = call.drawn.groupby(["campaign", "arm"], sort=True).size().rename("customers").reset_index()
    proposals = call.proposals.assign(
        worth_trying=call.proposals["worth_trying"].map({True: "yes", False: "no"}),
        running=call.proposals["running"].map({True: "yes", False: "no"}),
    )
    winners = proposals[proposals["outcome"] == "win"]
    left_alone = sum(call.skipped.values())
    notes = [*call.notes]
    if left_alone:
        notes.append(
            f"{left_alone:,} customers of these groups were not assigned: another test has them while its window is "
            "open, or they are held out. One change at a time."
        )
    return Findings(
        subject="standing",
        title="Standing tests",
        facts=(
            Fact("as_of", state.as_of, "date"),
            Fact("metric", rules.metric),
            Fact("horizon_days", rules.horizon_days, "days"),
            Fact("level", rules.level, "share"),
            Fact("running", sum(test.closed_at is None for test in state.tests), "tests"),
            Fact("closed", sum(test.closed_at == state.as_of for test in state.tests), "tests"),
            Fact("assigned", int((~call.drawn["campaign"].str.startswith("global_holdout")).sum()), "customers"),
            Fact("left_alone", left_alone, "customers"),
            Fact("winners", len(winners), "tactics"),
            Fact("winners_gain", float((winners["gain"] * winners["customers"]).sum()), "money"),
            Fact("winners_seen", float((winners["seen_gain"] * winners["customers"]).sum()), "money"),
        ),
        tables=(
            FindingTable(name="tests", title="Tests and what is known of them", frame=tests, terms=STANDING_TERMS),
            FindingTable(name="drawn", title="Customers assigned now", frame=drawn, terms=STANDING_TERMS),
            FindingTable(name="proposals", title="What to try next", frame=proposals, terms=STANDING_TERMS),
        ),
        notes=tuple(notes),
        currency=currency,
    )


def _rows(test: StandingTest, assignments: pd.DataFrame) -> list[dict[str, object]]:
    """Return a row per tactic of a test."""
    assigned = int((assignments["campaign"] == test.campaign).sum())
    results = {result.tactic: result for result in test.results}
    shares = test.shares[-1][1]
    rows: list[dict[str, object]] = []
    for tactic in test.tactics:
        result = results.get(tactic)
        rows.append(
            {
                "group": test.group,
                "tactic": tactic,
                "opened_at": test.opened_at,
                "closed_at": test.closed_at,
                "assigned": assigned,
                "share": shares.get(tactic, math.nan),
                "measured": result.customers if result else 0,
                "control": result.control if result else math.nan,
                "difference": result.difference if result else math.nan,
                "difference_low": result.low if result else math.nan,
                "difference_high": result.high if result else math.nan,
                "outcome": result.outcome if result else "no window has closed yet",
                "sentence": result.sentence if result else "",
            }
        )
    return rows

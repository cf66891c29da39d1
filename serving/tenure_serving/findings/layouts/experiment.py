"""A campaign: whether the test was fair, what it did, and how sure that is."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tenure_decisions.findings import Fact, Findings
from tenure_serving.findings.parts import Drawing, Parts, Sentence, View
from tenure_serving.language import N_, Language


def experiment_layout(findings: Findings) -> Parts:
    """Return the parts to show: the verdict first, and no effect where the test is broken."""
    names = {table.name for table in findings.tables}
    parts: list[Sentence | View | Drawing] = [
        Sentence(text="{verdict}", only="terminal"),
        View(
            table="checks",
            title="Was it a fair test ({customers} customers, windows of {horizon_days} days)",
            columns=("check", "reading", "p_value", "stops"),
        ),
    ]
    if "effects" in names:
        parts += [
            View(
                table="effects",
                title="Effect on every metric, {level} intervals{in_currency}",
                columns=("metric", "arm", "control", "difference", "lift", "adjusted_p"),
                select=lambda rows: rows[rows["metric"] != "profit"],
            ),
            View(
                table="effects",
                title="The same without and with what was known before, and for every look",
                columns=("metric", "arm", "unadjusted", "covariate", "variance_saved", "always"),
                select=_with_always,
            ),
            Drawing(name="effects", label="Effect of every arm on every metric", draw=_effects, wide=True),
        ]
    if "money" in names:
        parts.append(View(table="money", title="Profit after contact and offer{in_currency}"))
    if "groups" in names:
        parts.append(
            View(
                table="groups",
                title="Effect on {metric} by group",
                columns=("arm", "group", "customers", "difference", "seen"),
                headings={"difference": "Believed", "seen": "In the group alone"},
            )
        )
    if "looks" in names:
        parts.append(Drawing(name="looks", label="The estimate as customers came in", draw=_looks, wide=True))
    return parts


def _with_always(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(always=rows["difference"])


def _effects(findings: Findings, language: Language) -> Any:  # noqa: ANN401  # an Altair chart, imported when it is drawn
    from tenure_serving.charts.experiment import lifts

    verdicts = findings.frame("verdicts")
    return lifts(
        findings.frame("effects"),
        outcomes=dict(zip(verdicts["arm"], verdicts["outcome"], strict=True)),
        worth=findings.number("worth"),
        language=language,
    )


def _looks(findings: Findings, language: Language) -> Any:  # noqa: ANN401
    from tenure_serving.charts.experiment import estimates_over_time

    return estimates_over_time(findings.frame("looks"), metric=findings.text("metric"), language=language)


def design_layout(findings: Findings) -> Parts:
    """Return the parts of a plan: what to conclude, what can be seen, and whether the lot is fair."""
    replays = (
        "Of {replays} tests without an effect, drawn on the shop's own past, {false_positives} would have shown one; "
        "{expected} are to be expected."
    )
    believed = Sentence(
        text="The arms measured before ({believed_from}) let a lift of {believed_lift} be expected, give or take "
        "{believed_deviation}: the test has a chance of {chance_to_see} to show an effect."
    )
    return [
        Sentence(text="{conclusion}"),
        *([believed] if "chance_to_see" in {fact.name for fact in findings.facts} else []),
        View(
            table="plan",
            title="What {customers} customers show within {horizon_days} days, and what a lift of {worth} takes",
            columns=("metric", "mean", "deviation", "variance_saved", "detectable_lift", "needed", "needed_unadjusted"),
        ),
        View(table="arms", title="Customers by arm, assigned on {start}"),
        *(
            [Sentence(text=replays, facts=(Fact("expected", 1 - findings.number("level"), "share"),))]
            if findings.number("replays")
            else []
        ),
    ]


def results_layout(findings: Findings) -> Parts:
    """Return the parts on what campaigns taught: what winners bring without their luck, what works for whom."""
    winners = Sentence(
        text="{winners} of {measured} arms won. They are believed to have brought {winners_believed} "
        "({winners_believed_low} to {winners_believed_high}); measured one by one they add up to {winners_seen}, and "
        "who wins does so by luck as well."
    )
    return [
        *([winners] if findings.number("winners") else [Sentence(text="No arm is known to work yet.")]),
        Drawing(name="campaign_results", label="Lift of every arm measured", draw=_results, wide=True),
        View(
            table="learnt",
            title="What works for whom, and how well that is known",
            columns=("group", "campaign", "arm", "metric", "difference", "evidence", "known_at"),
        ),
        View(
            table="tests",
            title="Every arm measured, in money as seen and as believed{in_currency}",
            columns=("campaign", "arm", "customers", "outcome", "money_metric", "money_seen", "money_believed"),
        ),
    ]


def _results(findings: Findings, language: Language) -> Any:  # noqa: ANN401
    from tenure_serving.charts.experiment import lifts_of_campaigns

    return lifts_of_campaigns(findings.frame("tests"), language=language)


EVIDENCE_WORDS = (
    N_("everybody"), N_("in the group itself"), N_("in the campaign as a whole"), N_("no order before"),
    N_("one order before"), N_("several orders before"),
)  # fmt: skip
"""Words in the table of what works for whom, beside those of a verdict."""


def standing_layout(findings: Findings) -> Parts:
    """Return the parts of a call of standing tests: what runs, what was decided, who was assigned, what is next."""
    winners = Sentence(
        text="{winners} tactics won. Applied once to the customers of their groups they are believed to bring "
        "{winners_gain}; their tests alone saw {winners_seen}, and what wins is partly luck."
    )
    return [
        Sentence(
            text="{running} tests run, {closed} closed now; {assigned} customers were assigned and {left_alone} left "
            "alone."
        ),
        *([winners] if findings.number("winners") else []),
        View(
            table="tests",
            title="Tests on {metric}, windows of {horizon_days} days, {level} intervals that hold at every look",
            columns=(
                "group", "tactic", "opened_at", "closed_at", "assigned", "share", "measured", "difference", "outcome",
            ),
        ),
        View(table="drawn", title="Customers assigned on {as_of}"),
        View(
            table="proposals",
            title="What to try next, by what knowing is worth{in_currency}",
            columns=(
                "group", "tactic", "outcome", "believed_lift", "gain", "information", "test_cost", "worth_trying",
                "running",
            ),
        ),
    ]  # fmt: skip

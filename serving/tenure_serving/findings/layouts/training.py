"""The backtest and its audit: a campaign, the dates of next orders, leaks, and what linking identifiers did."""

from __future__ import annotations

from typing import Any

from tenure_decisions.findings import Findings
from tenure_serving.findings.parts import Drawing, Parts, Sentence, View
from tenure_serving.language import Language


def campaign_layout(findings: Findings) -> Parts:
    """Return what share of would-be leavers must stay for contact to pay, by segment, and the same of those gone."""
    headings = {
        "segment": "segment",
        "would_leave": "would leave",
        "money_at_risk": "money at risk",
        "cost": "contact and offers",
        "break_even": "must stay",
    }
    back = headings | {"break_even": "must come back"}
    gone = [View(table="win_back", title="Already gone{in_currency}", headings=back)]
    return [
        Sentence(text=f"{findings.title}.", only="terminal"),
        Sentence(text=findings.lead, only="terminal"),
        View(table="break_even", title="Everybody of a segment is contacted{in_currency}", headings=headings),
        *(gone if len(findings.frame("win_back")) else []),
    ]


def audit_layout(findings: Findings) -> Parts:
    """Return every check with its verdict and what was seen."""
    leaks = findings.number("leaks")
    verdict = "{leaks} of {applied} checks found a leak." if leaks else "No leak in {applied} checks."
    more = "The full audit, which trains again on doctored rows, is the command tenure audit."
    return [
        View(table="findings", columns=("seen", "check", "evidence"), only="terminal"),
        Sentence(text=verdict, only="terminal"),
        View(
            table="findings",
            columns=("question", "verdict", "evidence"),
            headings={"question": "Check", "verdict": "Result"},
            only="section",
        ),
        Sentence(text=more, style="aside", only="section"),
    ]


def dates_layout(findings: Findings) -> Parts:
    """Return the dates at each origin, and the line a run prints."""
    del findings
    line = (
        "When? next_order_at, the last order plus ADBT in brackets: concordance {concordance} ({adbt_concordance}), "
        "median error {error_days} days ({adbt_error_days}); the 80 % interval holds {coverage_80}"
    )
    more = (
        "Concordance: of two customers of whom it is known who ordered first, the share that was dated in that order; "
        "who did not order in the window is censored at its end. A date says when, given an order, not whether: "
        "regular customers who have left look due soonest, so it can lie below one half."
    )
    headings = {
        "customers": "two orders or more",
        "ordered": "ordered in the window",
        "concordance": "concordance",
        "adbt_concordance": "last order + ADBT",
        "error_days": "median error, days",
        "adbt_error_days": "last order + ADBT, days",
        "coverage_80": "80 % interval holds",
    }
    title = "Dates of the next order on past windows, customers with two orders or more"
    return [
        Sentence(text=line, only="terminal"),
        View(table="dates", title=title, headings=headings, only="section"),
        Sentence(text=more, style="aside", only="section"),
    ]


def linking_layout(findings: Findings) -> Parts:
    """Return what linking identifiers did to the picture of the customers."""
    del findings
    several = View(
        table="by_source_ids",
        title="Customers with one and with several source ids: mean expected value and churn probability.",
        headings={"ids": "source ids", "expected_value": "expected value", "churn_probability": "churn"},
    )
    return [
        View(
            table="figures",
            title="The same orders, counted by source id and by customer. Expected value is that of the scores, over "
            "the horizon.",
            headings={"figure": "", "before": "by source id", "after": "by customer"},
        ),
        Drawing(
            name="linking",
            label="Share of customers by number of orders, before and after linking.",
            draw=_frequency,
        ),
        several,
        Sentence(text="{account}", style="aside"),
    ]


def _frequency(findings: Findings, language: Language) -> Any:  # noqa: ANN401  # an Altair chart, imported when it is drawn
    from tenure_serving.charts.linking import order_frequency

    return order_frequency(findings.frame("bands"), language=language)

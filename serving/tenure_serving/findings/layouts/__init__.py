"""Layout hints by subject: which sentences, tables and charts are shown, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tenure_decisions.findings import Findings
from tenure_serving.findings.layouts import budget, channels, cohorts, groups, growth, study, training
from tenure_serving.findings.parts import Layout, View

LAYOUTS: Mapping[str, Callable[[Findings], Layout]] = {
    "ageing": groups.ageing,
    "audit": training.audit,
    "budget": budget.layout,
    "campaign": training.campaign,
    "channels": channels.layout,
    "cohorts": cohorts.layout,
    "dates": training.dates,
    "growth": growth.layout,
    "ideal": study.ideal,
    "linking": training.linking,
    "met_early": study.met_early,
    "movement": groups.movement,
    "pareto": groups.pareto,
    "segments": groups.segments,
    "stability": groups.stability,
    "study": study.study,
}


def layout_of(findings: Findings) -> Layout:
    """Return the layout of a subject; one without hints shows its tables as they are."""
    if findings.subject in LAYOUTS:
        return LAYOUTS[findings.subject](findings)
    return [View(table=table.name) for table in findings.tables if not table.only_drawn]

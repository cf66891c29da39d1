"""Parts hints by subject: which sentences, tables and charts are shown, and where."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tenure_decisions.findings import Findings
from tenure_serving.findings.layouts import (
    bids,
    budget,
    channels,
    cohorts,
    crossings,
    experiment,
    groups,
    growth,
    kpis,
    study,
    survey,
    target,
    training,
    uplift,
)
from tenure_serving.findings.parts import Parts, View

LAYOUTS: Mapping[str, Callable[[Findings], Parts]] = {
    "ageing": groups.ageing_layout,
    "attachment": crossings.attachment_layout,
    "audit": training.audit_layout,
    "bids": bids.bid_layout,
    "budget": budget.budget_layout,
    "campaign_results": experiment.results_layout,
    "campaign": training.campaign_layout,
    "channels": channels.channel_layout,
    "cohorts": cohorts.cohort_layout,
    "dates": training.dates_layout,
    "design": experiment.design_layout,
    "experiment": experiment.experiment_layout,
    "experience": kpis.experience_layout,
    "growth": growth.growth_layout,
    "ideal": study.ideal_layout,
    "linking": training.linking_layout,
    "matrix": crossings.matrix_layout,
    "met_early": study.met_early_layout,
    "movement": groups.movement_layout,
    "pareto": groups.pareto_layout,
    "segments": groups.segments_layout,
    "stability": groups.stability_layout,
    "standing": experiment.standing_layout,
    "study": study.study_layout,
    "target": target.target_layout,
    "uplift": uplift.uplift_layout,
    "survey": survey.survey_layout,
    "survey_plan": survey.plan_layout,
}


def layout_of(findings: Findings) -> Parts:
    """Return the layout of a subject; one without hints shows its tables as they are."""
    if findings.subject in LAYOUTS:
        return LAYOUTS[findings.subject](findings)
    return [View(table=table.name) for table in findings.tables if not table.only_drawn]

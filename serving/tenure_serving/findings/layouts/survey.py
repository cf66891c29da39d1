"""A survey: whom to ask, and what they answered."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tenure_decisions.findings import Findings
from tenure_serving.findings.parts import Drawing, Parts, Sentence, View
from tenure_serving.language import Language


def plan_layout(findings: Findings) -> Parts:  # noqa: ARG001  # every layout is given the findings
    """Return the parts of a plan: how many to ask and to expect, group by group."""
    return [
        Sentence(text="{asked} customers are asked, and {expected_answers} answers are to be expected."),
        View(
            table="survey_plan",
            title="Whom to ask, for shares to {margin} in every group ({level} intervals)",
            columns=(
                "group",
                "customers",
                "way",
                "questions",
                "asked",
                "expected_answers",
                "needed",
                "expected_margin",
            ),
        ),
    ]  # fmt: skip


def survey_layout(findings: Findings) -> Parts:
    """Return the parts of a survey that was read: insights first, obstacles by group, NPS alone."""
    names = {table.name for table in findings.tables if len(table.frame)}
    parts: list[Sentence | View | Drawing] = [
        Sentence(text="{answered} of {asked} customers answered ({response})."),
        Sentence(text="{insights}"),
    ]
    if "obstacles" in names:
        parts += [
            View(
                table="obstacles",
                title="What keeps whom from ordering, the most frequent first",
                columns=("group", "rank", "answer", "answers", "share", "elsewhere", "stands_out"),
            ),
            Drawing(name="obstacles", label="What keeps whom from ordering", draw=_obstacles, wide=True),
        ]
    if "answers" in names:
        parts.append(
            View(
                table="answers",
                title="Answers that set a group apart",
                columns=("group", "topic", "question", "answer", "answers", "share", "elsewhere", "stands_out"),
                select=_apart,
            )
        )
    if "scales" in names:
        parts.append(
            View(table="scales", title="Ratings from 1 to 5", columns=("question", "group", "answers", "mean"))
        )
    if "survey_nps" in names:
        parts.append(
            View(
                table="survey_nps",
                title="Net promoter score, apart from everything else",
                columns=("group", "answers", "nps", "promoters", "detractors"),
            )
        )
    return [*parts, View(table="respondents", title="Who answered, by group")]


def _apart(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[rows["stands_out"] != ""]


def _obstacles(findings: Findings, language: Language) -> Any:  # noqa: ANN401  # an Altair chart, imported when it is drawn
    from tenure_serving.charts.survey import obstacle_shares

    return obstacle_shares(findings.frame("obstacles"), language=language)

"""Whom to ask: a sample by group, large enough for the margin that is wanted, by mail or in person."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import pandas as pd

from tenure_decisions.campaigns.allocation import draw_places
from tenure_decisions.findings import Fact, Findings, FindingTable
from tenure_decisions.surveys.questions import SurveyQuestion
from tenure_decisions.surveys.terms import SURVEY_TERMS
from tenure_features.errors import UsageError

MAIL, INTERVIEW = "mail", "interview"


@dataclass(frozen=True, kw_only=True)
class SurveyRules:
    """How a sample is drawn.

    Attributes
    ----------
    margin, level
        Half width that the interval of a share may have in every group, at its widest (a share of a half).
    mail_response, interview_response
        Share of those asked who answer.
    interview_below
        Groups of fewer customers are asked in person.
    seed
        Of the draw.
    """

    margin: float = 0.1
    level: float = 0.95
    mail_response: float = 0.1
    interview_response: float = 0.4
    interview_below: int = 60
    seed: int = 0


@dataclass(frozen=True, kw_only=True)
class SurveySample:
    """A designed survey: the plan, and whom to ask how.

    Attributes
    ----------
    findings
        What to expect.
    rows
        ``customer_id, group, way, customers`` (of the group that could be asked) ``, asked`` (of the group).
    """

    findings: Findings
    rows: pd.DataFrame = field(repr=False)


def answers_needed(customers: int, *, margin: float, level: float) -> int:
    """Return how many answers of a group hold a share to a margin, the whole group being no more than it is.

    Source: Cochran (1977), Sampling Techniques, equations 4.2 and 4.4, at a share of a half.

    Examples
    --------
    >>> answers_needed(1_000_000, margin=0.1, level=0.95), answers_needed(50, margin=0.1, level=0.95)
    (97, 34)
    """
    from scipy.stats import norm

    many = (float(norm.ppf((1 + level) / 2)) / margin) ** 2 / 4
    return min(math.ceil(many / (1 + (many - 1) / max(customers, 1))), customers)


def design_survey(
    scores: pd.DataFrame,
    questions: tuple[SurveyQuestion, ...],
    rules: SurveyRules,
    *,
    by: str,
    without: frozenset[str] = frozenset(),
) -> SurveySample:
    """Draw a sample of every group.

    Parameters
    ----------
    scores
        ``customer_id`` and the column ``by``.
    questions
        What is asked.
    rules
        How.
    by
        Column of the groups.
    without
        Customers who may not be asked, such as those held out from every campaign: a survey reaches them, too.

    Raises
    ------
    UsageError
        There is no such column, or nobody to ask.
    """
    if by not in scores:
        raise UsageError(f"The scores have no column {by!r}.", fix="Name one with --by, such as rfm_group or segment.")
    people = scores.loc[~scores["customer_id"].isin(without) & scores[by].notna(), ["customer_id", by]]
    if people.empty:
        raise UsageError("There is nobody to ask.", found=f"{len(scores):,} customers, {len(without):,} left out")
    parts, plan = [], []
    for group, members in people.groupby(by, sort=True)["customer_id"]:
        way = INTERVIEW if len(members) < rules.interview_below else MAIL
        response = rules.interview_response if way == INTERVIEW else rules.mail_response
        needed = answers_needed(len(members), margin=rules.margin, level=rules.level)
        asked = min(math.ceil(needed / response), len(members))
        turn = draw_places(members, key=f"{rules.seed}:survey:{group}").argsort(kind="stable")
        chosen = members.iloc[turn[:asked]]
        parts.append(
            pd.DataFrame({"customer_id": chosen, "group": group, "way": way, "customers": len(members), "asked": asked})
        )
        expected = asked * response
        plan.append(
            {
                "group": group,
                "customers": len(members),
                "way": way,
                "questions": sum(question.is_for(str(group)) for question in questions),
                "asked": asked,
                "expected_answers": expected,
                "needed": needed,
                "expected_margin": _margin(expected, len(members), rules),
            }
        )
    rows, table = pd.concat(parts, ignore_index=True), pd.DataFrame(plan)
    return SurveySample(findings=_tell(table, rules, by=by, left_out=len(scores) - len(people)), rows=rows)


def _margin(answers: float, customers: int, rules: SurveyRules) -> float:
    from scipy.stats import norm

    inside = max(1 - answers / customers, 0.0)
    return float(norm.ppf((1 + rules.level) / 2)) * math.sqrt(0.25 / answers * inside) if answers else math.nan


def _tell(table: pd.DataFrame, rules: SurveyRules, *, by: str, left_out: int) -> Findings:
    short = table.loc[table["expected_answers"] < table["needed"] - 1e-9, "group"].tolist()
    notes = []
    if short:
        notes.append(
            f"Even if everybody is asked, too few answers are to be expected of {', '.join(map(str, short))} for a "
            f"margin of {rules.margin:.0%}."
        )
    if left_out:
        notes.append(f"{left_out:,} customers are not asked: they are left out, or belong to no group.")
    return Findings(
        subject="survey_plan",
        title="Whom to ask",
        facts=(
            Fact("by", by),
            Fact("asked", int(table["asked"].sum()), "customers"),
            Fact("expected_answers", float(table["expected_answers"].sum()), "answers"),
            Fact("margin", rules.margin, "share"),
            Fact("level", rules.level, "share"),
        ),
        tables=(FindingTable(name="survey_plan", title="The sample by group", frame=table, terms=SURVEY_TERMS),),
        notes=tuple(notes),
    )

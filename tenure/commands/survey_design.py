"""``tenure survey design``: whom to ask what, and how many answers to expect."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenure import options


def survey_design(
    scores: options.ScoresPlace = Path("out"),
    by: Annotated[str, typer.Option("--by", metavar="COLUMN", help="Column of the scores: the groups.")] = "rfm_group",
    questions: Annotated[
        Path | None,
        typer.Option("--questions", metavar="FILE", help="Questions of your own. [default: those that come along]"),
    ] = None,
    margin: Annotated[
        float,
        typer.Option("--margin", metavar="SHARE", min=0.01, max=0.4, help="Half width of a share's interval."),
    ] = 0.1,
    mail_response: Annotated[
        float, typer.Option("--mail-response", metavar="SHARE", min=0.001, max=1, help="Of those asked by mail.")
    ] = 0.1,
    interview_response: Annotated[
        float, typer.Option("--interview-response", metavar="SHARE", min=0.001, max=1, help="Of those asked in person.")
    ] = 0.4,
    interview_below: Annotated[
        int, typer.Option("--interview-below", metavar="N", min=0, help="Groups of fewer are asked in person.")
    ] = 60,
    without: Annotated[
        list[Path] | None,
        typer.Option("--without", metavar="FILE", help="Customers not to ask, such as those held out; repeat."),
    ] = None,
    level: options.LevelOption = 0.95,
    seed: options.Seed = None,
    out: options.Out = None,
    language: options.LanguageOption = None,
    json: options.Json = False,
) -> None:
    """Draw whom to ask in every group, by mail or in person, and say how many answers to expect.

    --out gets the plan, survey_sample.csv, and questions.json to edit: English and Russian, by group.

    Example: tenure survey design --scores out --margin 0.1 --out survey
    """
    from tenure.jobs.outputs import require_apart
    from tenure.jobs.survey import design_survey_job
    from tenure.output import show
    from tenure_decisions.surveys.sample import SurveyRules
    from tenure_serving.language import load_language

    left_out = tuple(without or ())
    require_apart(out, left_out, results=[scores, questions])
    rules = SurveyRules(
        margin=margin,
        level=level,
        mail_response=mail_response,
        interview_response=interview_response,
        interview_below=interview_below,
        seed=seed or 0,
    )
    sample = design_survey_job(scores, rules, by=by, questions=questions, without=left_out, out=out)
    show("survey design", sample.findings, out=out, as_json=json, language=load_language(language or "en"))

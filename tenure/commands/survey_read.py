"""``tenure survey read``: what the answers say, and of whom."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenure import options


def survey_read(
    answers: Annotated[str, typer.Argument(metavar="ANSWERS", help="A file: customer_id, question, answer.")],
    sample: Annotated[
        Path, typer.Option("--sample", metavar="DIR", help="The --out folder of tenure survey design.")
    ] = Path("survey"),
    scores: Annotated[
        Path | None,
        typer.Option("--scores", metavar="FILE|DIR", help="Scores of the day of the sample, for the weights."),
    ] = None,
    weight_by: Annotated[
        str,
        typer.Option("--weight-by", metavar="COLUMN", help="Column of --scores that answering may depend on."),
    ] = "value_tier",
    out: options.Out = None,
    language: options.LanguageOption = None,
    json: options.Json = False,
) -> None:
    """Join answers to groups, weight them for those who did not answer, and say what stands out.

    Obstacles are ranked by group, every share has its interval, and NPS stands apart.

    Example: tenure survey read answers.csv --sample survey --scores out --out survey-results
    """
    from tenure.jobs.outputs import require_apart
    from tenure.jobs.survey import SurveyPlaces, read_survey_job
    from tenure.output import show
    from tenure_serving.language import load_language

    require_apart(out, [answers], results=[sample, scores])
    places = SurveyPlaces(folder=sample, answers=answers, scores=scores, trait=weight_by)
    result = read_survey_job(places)
    show("survey read", result, out=out, as_json=json, language=load_language(language or "en"))

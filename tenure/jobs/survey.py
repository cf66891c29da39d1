"""The jobs behind ``tenure survey``: scores in, a sample and its questions out; answers in, what they say out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from tenure.options import out_folder
from tenure_decisions.findings import Findings
from tenure_decisions.surveys.answers import weigh_answers
from tenure_decisions.surveys.insights import survey_findings
from tenure_decisions.surveys.questions import load_questions, questions_text
from tenure_decisions.surveys.sample import SurveyRules, SurveySample, design_survey
from tenure_features.errors import DataContractError, UsageError
from tenure_features.reading.engine import Engine, fetch
from tenure_features.reading.sources import read_table
from tenure_features.spreadsheets import write_csv
from tenure_serving.score_tables import read_scores

SAMPLE, QUESTIONS = "survey_sample.csv", "questions.json"


@dataclass(frozen=True, kw_only=True)
class SurveyPlaces:
    """Where a survey lies.

    Attributes
    ----------
    folder
        With the sample and the questions that were asked.
    answers
        A file of ``customer_id, question, answer``.
    scores
        Of the moment of the sample, for the weights; None: weights know the groups alone.
    trait
        Column of the scores that customers who answered are compared by.
    """

    folder: Path
    answers: str
    scores: Path | None = None
    trait: str = "value_tier"


def design_survey_job(
    scores: Path, rules: SurveyRules, *, by: str, questions: Path | None, without: tuple[Path, ...], out: Path | None
) -> SurveySample:
    """Draw a sample of every group of a score table, and write it beside the questions.

    Raises
    ------
    UsageError, DataContractError
        The scores, the questions or the customers to leave out cannot be used.
    """
    asked = load_questions(questions)
    table = read_scores(scores).table
    left_out = frozenset(name for place in without for name in _ids(place))
    sample = design_survey(
        table.assign(customer_id=table["customer_id"].astype("str")), asked, rules, by=by, without=left_out
    )
    if out is not None:
        folder = out_folder(out)
        write_csv(sample.rows, folder / SAMPLE)
        (folder / QUESTIONS).write_text(questions_text(questions), encoding="utf-8")
    return sample


def read_survey_job(places: SurveyPlaces) -> Findings:
    """Join answers to the sample they are of, and tell what they say.

    Raises
    ------
    UsageError, DataContractError
        The sample, the questions, the answers or the scores cannot be used.
    """
    traits = None
    if places.scores is not None:
        table = read_scores(places.scores).table
        if places.trait not in table:
            raise UsageError(f"The scores have no column {places.trait!r} to weight by.")
        traits = table[["customer_id", places.trait]]
    sample = places.folder / SAMPLE
    if not sample.is_file():
        raise UsageError(
            f"There is no {SAMPLE} in {places.folder}.", fix="Name the --out folder of tenure survey design."
        )
    questions = load_questions(places.folder / QUESTIONS)
    rows = pd.read_csv(sample, dtype={"customer_id": "str", "group": "str"})
    return survey_findings(weigh_answers(rows, _read(places.answers), questions, traits=traits), questions)


def _read(place: str) -> pd.DataFrame:
    return fetch(read_table(place, Engine().connect()).table).astype("str")


def _ids(place: Path) -> list[str]:
    table = _read(str(place))
    if "customer_id" not in table:
        raise DataContractError(f"{place} has no column customer_id.", found=", ".join(map(str, table)))
    return table["customer_id"].tolist()

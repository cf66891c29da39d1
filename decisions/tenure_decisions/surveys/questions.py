"""The questions of a survey: editable data, in English and Russian, with the groups they are for."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from tenure_features.errors import DataContractError, UsageError

TOPICS = ("demography", "reason", "obstacle", "product", "service", "nps")
QUESTION_KINDS = ("choice", "several", "scale", "text", "nps")
"""One of the options, any of them, 1 to 5, words of one's own, 0 to 10."""
EVERY_GROUP = "all"
_LANGUAGES = ("en", "ru")


@dataclass(frozen=True, kw_only=True)
class SurveyQuestion:
    """A question.

    Attributes
    ----------
    id, topic, kind
        Its name, one of `TOPICS` and one of `QUESTION_KINDS`.
    text
        By language.
    options
        Texts by language, by the id of the option; none for scales and words of one's own.
    groups
        That it is for; None: everybody.
    """

    id: str
    topic: str
    kind: str
    text: Mapping[str, str]
    options: Mapping[str, Mapping[str, str]]
    groups: frozenset[str] | None = None

    def is_for(self, group: str) -> bool:
        """Say whether a group is asked it."""
        return self.groups is None or group in self.groups


def load_questions(path: Path | None = None) -> tuple[SurveyQuestion, ...]:
    """Load questions from a JSON file; without a path those that come with Tenure.

    Raises
    ------
    UsageError
        There is no such file.
    DataContractError
        It holds no questions.

    Examples
    --------
    >>> [question.id for question in load_questions() if question.topic == "nps"]
    ['nps']
    """
    try:
        return parse_questions(json.loads(questions_text(path)))
    except json.JSONDecodeError as error:
        raise DataContractError(f"The questions {path} are not JSON.", found=str(error)) from error


def questions_text(path: Path | None = None) -> str:
    """Return the text of the file, to be copied beside a sample."""
    if path is None:
        return (resources.files("tenure_decisions.surveys") / "data" / "questions.json").read_text("utf-8")
    if not path.is_file():
        raise UsageError(f"There are no questions at {path}.", fix="Give the path of a JSON file, or none.")
    return path.read_text("utf-8")


def parse_questions(content: Mapping[str, Any]) -> tuple[SurveyQuestion, ...]:
    """Build questions from the content of their file and check them; `DataContractError` where they cannot be used."""
    try:
        questions = tuple(_question(entry) for entry in content["questions"])
    except (KeyError, TypeError, AttributeError) as error:
        raise DataContractError(
            "The questions cannot be read.",
            found=f"{type(error).__name__}: {error}",
            fix="Every one needs id, topic, kind, groups, text and options; tenure survey design writes an example.",
        ) from error
    ids = [question.id for question in questions]
    doubled = sorted({name for name in ids if ids.count(name) > 1})
    if doubled or not questions:
        raise DataContractError(
            "Every question needs an id of its own." if doubled else "There is no question.", found=", ".join(doubled)
        )
    return questions


def _question(entry: Mapping[str, Any]) -> SurveyQuestion:
    question = SurveyQuestion(
        id=str(entry["id"]),
        topic=str(entry["topic"]),
        kind=str(entry["kind"]),
        text={code: str(entry["text"][code]) for code in _LANGUAGES},
        options={str(each["id"]): {code: str(each[code]) for code in _LANGUAGES} for each in entry["options"]},
        groups=None if entry["groups"] == EVERY_GROUP else frozenset(map(str, entry["groups"])),
    )
    for value, allowed, what in ((question.topic, TOPICS, "topic"), (question.kind, QUESTION_KINDS, "kind")):
        if value not in allowed:
            raise DataContractError(
                f"The question {question.id!r} has an unknown {what}.", found=value, fix=f"Use {', '.join(allowed)}."
            )
    if (question.kind in {"choice", "several"}) != bool(question.options):
        raise DataContractError(
            f"The question {question.id!r} is of the kind {question.kind}.",
            found=f"{len(question.options)} options",
            fix="choice and several need options, the other kinds have none.",
        )
    return question

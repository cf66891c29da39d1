"""The grade of a model, A to E, from how it did on past windows: four questions a reader of money understands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from tenure_serving.language import N_, Language

AnswerVerdict = Literal["good", "fair", "poor"]
Letter = Literal["A", "B", "C", "D", "E"]

GRADE_MEANINGS: Mapping[Letter, str] = {
    "A": N_("Probabilities and amounts can be taken at face value."),
    "B": N_("Good for choosing whom to contact and for totals; a single number can be off by some points."),
    "C": N_("Good for choosing whom to contact; take amounts as a rough guide."),
    "D": N_("One of the four checks failed: rank customers by it, and see below what is wrong."),
    "E": N_("Not enough to act on: several checks failed, or no past window could be used for a test."),
}
"""What each grade lets a reader do."""

_NO_SIGNAL = N_(
    "These orders do not tell who will leave: the same chance for everybody did as well. No list of customers is "
    "offered."
)
"""What the grade means where the model told nobody apart."""

_VERDICTS = {"good": N_("good"), "fair": N_("fair"), "poor": N_("poor")}
_LEAST_ORIGINS = 2


@dataclass(frozen=True, kw_only=True)
class GradeAnswer:
    """One of the four questions: what was measured, and how good that is."""

    question: str
    measured: str
    rule: str
    verdict: AnswerVerdict


@dataclass(frozen=True, kw_only=True)
class Grade:
    """A letter, what it means, and the answers it follows from."""

    letter: Letter
    meaning: str
    answers: tuple[GradeAnswer, ...] = ()


@dataclass(frozen=True, kw_only=True)
class _Question:
    """A question with its limits: from or up to which value an answer is good, and is fair."""

    text: str
    rule: str
    good: float
    fair: float
    higher_is_better: bool
    say: Callable[[float, Language], str]

    def verdict(self, value: float) -> AnswerVerdict:
        """Judge a value; one that was not measured is poor."""
        sign = 1 if self.higher_is_better else -1
        if sign * value >= sign * self.good:
            return "good"
        return "fair" if sign * value >= sign * self.fair else "poor"


_QUESTIONS: Mapping[str, _Question] = {
    "ranking": _Question(
        text=N_("Does it tell who leaves from who stays?"),
        rule=N_("good from 75 % of pairs in the right order, fair from 65 %; a coin gets 50 %"),
        good=0.75,
        fair=0.65,
        higher_is_better=True,
        say=lambda value, language: language.gettext("{share} of pairs", share=language.percent(value)),
    ),
    "probability": _Question(
        text=N_("Do as many leave as it says?"),
        rule=N_("good up to 3 points off on average, fair up to 8"),
        good=0.03,
        fair=0.08,
        higher_is_better=False,
        say=lambda value, language: language.gettext("{points} points off", points=language.number(100 * value)),
    ),
    "total": _Question(
        text=N_("Does as much money come as it says?"),
        rule=N_("good up to 10 % off in the total, fair up to 25 %"),
        good=0.10,
        fair=0.25,
        higher_is_better=False,
        say=lambda value, language: language.gettext("{share} off", share=language.percent(value)),
    ),
    "baseline": _Question(
        text=N_("Is it better than the best simple rule?"),
        rule=N_("good from 2 % less error of the churn probabilities (log-loss), fair from no more"),
        good=0.02,
        fair=0.0,
        higher_is_better=True,
        say=lambda value, language: (
            language.gettext("{share} better", share=language.percent(value))
            if value >= 0
            else language.gettext("{share} worse", share=language.percent(-value))
        ),
    ),
}
"""The limits are round numbers of the field, the same for every shop; none was chosen on a log it is judged on."""


def grade_model(backtest: pd.DataFrame, champion: str, *, language: Language, signal: bool = True) -> Grade:
    """Grade a model by the windows of its backtest.

    A: four good answers. B: none poor, at least two good. C: none poor. D: one poor. E: more, or no backtest. A model
    that was tested at a single moment gets C at best. Where it told nobody apart on past windows it is E.

    Parameters
    ----------
    backtest
        One row per candidate and origin: ``candidate``, ``kind``, ``origin``, ``auroc``, ``ece``, ``total_bias`` and
        ``log_loss``; may be empty.
    champion
        The candidate to grade.
    language
        Of every word.
    signal
        Whether it told customers apart better than the same chance for everybody.
    """
    chosen = backtest[backtest["candidate"] == champion] if len(backtest) else backtest
    if chosen.empty:
        untested = GRADE_MEANINGS["E"]
        return Grade(letter="E", meaning=language.gettext(untested))
    values = _measure(chosen, backtest[backtest["kind"] == "baseline"])
    verdicts = {name: question.verdict(values[name]) for name, question in _QUESTIONS.items()}
    letter = _letter(list(verdicts.values()), origins=int(chosen["origin"].nunique())) if signal else "E"
    return Grade(
        letter=letter,
        meaning=language.gettext(GRADE_MEANINGS[letter] if signal else _NO_SIGNAL),
        answers=tuple(
            GradeAnswer(
                question=language.gettext(question.text),
                measured=language.gettext("not measured")
                if pd.isna(values[name])
                else question.say(values[name], language),
                rule=language.gettext(question.rule),
                verdict=verdicts[name],
            )
            for name, question in _QUESTIONS.items()
        ),
    )


def say_verdict(verdict: AnswerVerdict, language: Language) -> str:
    """Say how good an answer is."""
    return language.gettext(_VERDICTS[verdict])


def _measure(chosen: pd.DataFrame, baselines: pd.DataFrame) -> dict[str, float]:
    """Average over the moments; a simple rule that was chosen itself is as good as the best one."""

    def mean(column: str, *, size: bool = False) -> float:
        if column not in chosen:
            return float("nan")
        return float((chosen[column].abs() if size else chosen[column]).mean())

    gain = float("nan")
    if "log_loss" in chosen and len(baselines):
        best = float(baselines.groupby("candidate")["log_loss"].mean().min())
        gain = 1 - mean("log_loss") / best if best > 0 else 0.0
    return {
        "ranking": mean("auroc"),
        "probability": mean("ece"),
        "total": mean("total_bias", size=True),
        "baseline": gain,
    }


def _letter(verdicts: list[AnswerVerdict], *, origins: int) -> Letter:
    """Return the letter of four verdicts.

    Examples
    --------
    >>> _letter(["good"] * 4, origins=4), _letter(["good"] * 4, origins=1), _letter(["good", "poor"], origins=4)
    ('A', 'C', 'D')
    """
    poor, good = verdicts.count("poor"), verdicts.count("good")
    if poor:
        return "D" if poor == 1 else "E"
    if origins < _LEAST_ORIGINS or good < 2:
        return "C"
    return "A" if good == len(verdicts) else "B"

"""Answers joined to groups and weighted for those who did not answer."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from tenure_decisions.inputs import require
from tenure_decisions.surveys.questions import SurveyQuestion
from tenure_features.errors import DataContractError

FEWEST_IN_CELL = 10
"""Respondents below which a cell of the weights is taken together with its group: its response rate would be noise."""
_SCALES = {"scale": (1, 5), "nps": (0, 10)}


@dataclass(frozen=True, kw_only=True)
class WeightedAnswers:
    """Answers that can be used, and how much each customer counts.

    Attributes
    ----------
    people
        Who answered: ``customer_id, group, weight``; weights of a group sum to its customers.
    answers
        ``customer_id, question, answer``, each once.
    response
        By group: ``customers, asked, answered, response, effective``.
    set_aside
        Rows by the reason they were not used.
    """

    people: pd.DataFrame = field(repr=False)
    answers: pd.DataFrame = field(repr=False)
    response: pd.DataFrame = field(repr=False)
    set_aside: dict[str, int]


def weigh_answers(
    sample: pd.DataFrame,
    answers: pd.DataFrame,
    questions: tuple[SurveyQuestion, ...],
    *,
    traits: pd.DataFrame | None = None,
) -> WeightedAnswers:
    """Join answers to a sample and weight them for non-response.

    Within a group, customers alike in a trait known of everybody (a weighting class) stand for those of the class who
    did not answer (Little 1986); the groups are blown up to their customers.

    Parameters
    ----------
    sample
        From `tenure_decisions.surveys.sample.design_survey`.
    answers
        ``customer_id, question, answer``; of several rows of a customer for one question the last counts, unless any
        number of options may be named.
    questions
        That were asked.
    traits
        ``customer_id`` and one column, such as the value tier; None: the group alone.

    Raises
    ------
    DataContractError
        No answer can be used.
    """
    require(sample, ("customer_id", "group", "customers", "asked"), name="sample")
    require(answers, ("customer_id", "question", "answer"), name="answers")
    rows = answers[["customer_id", "question", "answer"]].astype("str")
    reasons = pd.Series("", index=rows.index, dtype="str")
    by_id = {question.id: question for question in questions}
    reasons[~rows["customer_id"].isin(set(sample["customer_id"].astype("str")))] = "not of the sample"
    reasons[(reasons == "") & ~rows["question"].isin(set(by_id))] = "no such question"
    for name, question in by_id.items():
        mine = (reasons == "") & (rows["question"] == name)
        reasons[mine & ~_is_allowed(rows["answer"], question)] = "no answer the question allows"
    usable = rows[reasons == ""]
    several = usable["question"].map(lambda name: by_id[name].kind == "several").astype(bool)
    single = usable[~several].drop_duplicates(["customer_id", "question"], keep="last")
    usable = pd.concat([single, usable[several].drop_duplicates()]).sort_index()
    aside = reasons[reasons != ""].value_counts().to_dict()
    repeated = int((reasons == "").sum()) - len(usable)
    aside |= {"answered again": repeated} if repeated else {}
    if usable.empty:
        raise DataContractError(
            "No answer can be used.",
            found=", ".join(f"{count} {reason}" for reason, count in aside.items()) or "no rows",
            fix="The columns are customer_id, question and answer; answers are the ids of the options.",
        )
    people, response = _weigh(sample, set(usable["customer_id"]), traits)
    return WeightedAnswers(
        people=people, answers=usable.reset_index(drop=True), response=response,
        set_aside={str(reason): int(count) for reason, count in aside.items()},
    )  # fmt: skip


def _is_allowed(answers: pd.Series[str], question: SurveyQuestion) -> pd.Series[bool]:
    if question.kind == "text":
        return answers.str.strip() != ""
    if question.kind in _SCALES:
        low, high = _SCALES[question.kind]
        numbers = pd.to_numeric(answers, errors="coerce")
        return (numbers >= low) & (numbers <= high) & (numbers % 1 == 0)
    return answers.isin(set(question.options))


def _weigh(sample: pd.DataFrame, answered: set[str], traits: pd.DataFrame | None) -> tuple[pd.DataFrame, pd.DataFrame]:
    people = sample[["customer_id", "group", "customers", "asked"]].assign(
        customer_id=sample["customer_id"].astype("str"), cell="all"
    )
    people["answered"] = people["customer_id"].isin(answered)
    if traits is not None:
        column = next(name for name in traits if name != "customer_id")
        levels = traits.assign(customer_id=traits["customer_id"].astype("str")).set_index("customer_id")[column]
        people["cell"] = people["customer_id"].map(levels).astype("str").fillna("unknown")
    enough = people.groupby(["group", "cell"])["answered"].transform("sum") >= FEWEST_IN_CELL
    # a class that is too small takes the whole group back: half a group weighted and half not would be neither
    whole = ~enough.groupby(people["group"]).transform("all")
    people.loc[whole, "cell"] = "all"
    cells = people.groupby(["group", "cell"])
    share_of_group = cells["customer_id"].transform("size") / people["asked"]
    people["weight"] = people["customers"] * share_of_group / cells["answered"].transform("sum").replace(0, np.nan)
    groups = people.groupby("group", sort=True)
    response = groups.agg(customers=("customers", "first"), asked=("asked", "first"), answered=("answered", "sum"))
    response["response"] = response["answered"] / response["asked"]
    replied = people[people["answered"]]
    weights = replied.groupby("group")["weight"]
    response["effective"] = weights.sum() ** 2 / weights.agg(lambda values: float((values**2).sum()))
    response["effective"] = response["effective"].fillna(0.0)
    return replied[["customer_id", "group", "weight"]].reset_index(drop=True), response.reset_index()

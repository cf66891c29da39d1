"""What the answers say: shares with intervals, what keeps whom from ordering, what sets a group apart, NPS alone."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from tenure_decisions.campaigns.effects import adjust
from tenure_decisions.customers.strata import share_interval
from tenure_decisions.findings import Fact, Findings, FindingTable
from tenure_decisions.surveys.answers import WeightedAnswers
from tenure_decisions.surveys.questions import SurveyQuestion
from tenure_decisions.surveys.terms import SURVEY_TERMS

EVERYBODY = "everybody"
FEWEST_ANSWERS = 10
"""Customers of a group who answered a question, below which nothing is said of it."""
MOST_OBSTACLES = 3
_NO_OBSTACLE = "none"
_LEVEL = 0.95


def survey_findings(weighed: WeightedAnswers, questions: tuple[SurveyQuestion, ...]) -> Findings:
    """Tell what was answered by whom.

    Parameters
    ----------
    weighed
        From `tenure_decisions.surveys.answers.weigh_answers`.
    questions
        That were asked; an obstacle called ``none`` is no obstacle.
    """
    shares = _shares(weighed, [question for question in questions if question.options])
    obstacles = _rank_obstacles(shares)
    means = _means(weighed, [question for question in questions if question.kind == "scale"])
    nps = _nps(weighed, [question for question in questions if question.kind == "nps"])
    tables = [("respondents", "Who answered", weighed.response),
              ("obstacles", "What keeps whom from ordering", obstacles),
              ("answers", "Answers by group", shares), ("scales", "Ratings by group", means),
              ("survey_nps", "Net promoter score by group", nps)]  # fmt: skip
    answered, asked = int(weighed.response["answered"].sum()), int(weighed.response["asked"].sum())
    return Findings(
        subject="survey",
        title="What customers say",
        facts=(
            Fact("asked", asked, "customers"),
            Fact("answered", answered, "customers"),
            Fact("response", answered / asked, "share"),
            Fact("level", _LEVEL, "share"),
            Fact("insights", _say_insights(shares)),
        ),
        tables=tuple(
            FindingTable(name=name, title=title, frame=frame, terms=SURVEY_TERMS) for name, title, frame in tables
        ),
        notes=tuple(_notes(weighed)),
    )


def _notes(weighed: WeightedAnswers) -> list[str]:
    notes = [
        "Answers are weighted for those who did not answer, by what is known of everybody: who answers for a reason "
        "that nothing here knows of, a complaint for instance, is not put right."
    ]
    if weighed.set_aside:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in weighed.set_aside.items())
        notes.append(f"Rows of answers set aside: {reasons}.")
    few = weighed.response.loc[weighed.response["answered"] < FEWEST_ANSWERS, "group"].tolist()
    if few:
        notes.append(f"Nothing is said of {', '.join(map(str, few))}: fewer than {FEWEST_ANSWERS} answered.")
    return notes


def weighted_share(chosen: np.ndarray, weights: np.ndarray) -> tuple[float, float, float, float]:
    """Return a weighted share, its Wilson interval of 95 %, and how many answers of equal weight are as exact.

    Source: Kish (1965), Survey Sampling, for the effective number; Wilson (1927) with it, as Korn and Graubard (1998)
    do with the exact interval.

    Examples
    --------
    >>> share, low, high, effective = weighted_share(np.array([True, False, True, True]), np.ones(4))
    >>> round(share, 2), round(low, 2), round(high, 2), effective
    (0.75, 0.3, 0.95, 4.0)
    """
    effective = float(weights.sum() ** 2 / (weights**2).sum())
    share = float((weights * chosen).sum() / weights.sum())
    low, high = share_interval(np.array([share * effective]), np.array([effective]), level=_LEVEL)
    return share, float(low[0]), float(high[0]), effective


def _answers_of(weighed: WeightedAnswers, question: str) -> pd.DataFrame:
    mine = weighed.answers[weighed.answers["question"] == question]
    return mine.merge(weighed.people, on="customer_id")


def _shares(weighed: WeightedAnswers, questions: list[SurveyQuestion]) -> pd.DataFrame:
    rows = []
    for question in questions:
        mine = _answers_of(weighed, question.id)
        people = mine.drop_duplicates("customer_id")
        for option in question.options:
            named = people["customer_id"].isin(set(mine.loc[mine["answer"] == option, "customer_id"])).to_numpy()
            rows += _option_rows(people, named, question, option)
    table = pd.DataFrame(rows, columns=list(_SHARE_COLUMNS))
    table["p_adjusted"] = adjust(table.pop("p_value").to_numpy(dtype=np.float64))
    more = table["share"] > table["elsewhere"]
    sure = table["p_adjusted"] < 1 - _LEVEL
    table["stands_out"] = np.select([sure & more, sure & ~more], ["more often", "less often"], default="")
    return table


_SHARE_COLUMNS = (
    "topic", "question", "group", "answer", "answers", "share", "share_low", "share_high", "elsewhere", "p_value",
)  # fmt: skip


def _option_rows(
    people: pd.DataFrame, named: np.ndarray, question: SurveyQuestion, option: str
) -> list[dict[str, object]]:
    weights, groups = people["weight"].to_numpy(), people["group"].to_numpy()
    rows: list[dict[str, object]] = []
    for group in (EVERYBODY, *np.unique(groups)):
        inside = np.ones(len(people), dtype=bool) if group == EVERYBODY else groups == group
        if inside.sum() < FEWEST_ANSWERS:
            continue
        share, low, high, effective = weighted_share(named[inside], weights[inside])
        elsewhere, p_value = math.nan, math.nan
        if (~inside).sum() >= FEWEST_ANSWERS:
            elsewhere, _, _, others = weighted_share(named[~inside], weights[~inside])
            p_value = _compare(share, effective, elsewhere, others)
        rows.append(
            {
                "topic": question.topic, "question": question.id, "group": group, "answer": option,
                "answers": int(inside.sum()), "share": share, "share_low": low, "share_high": high,
                "elsewhere": elsewhere, "p_value": p_value,
            }
        )  # fmt: skip
    return rows


def _compare(share: float, effective: float, elsewhere: float, others: float) -> float:
    """Test two shares by the pooled z test."""
    from scipy.stats import norm

    common = (share * effective + elsewhere * others) / (effective + others)
    error = math.sqrt(common * (1 - common) * (1 / effective + 1 / others))
    return float(2 * norm.sf(abs(share - elsewhere) / error)) if error > 0 else 1.0


def _rank_obstacles(shares: pd.DataFrame) -> pd.DataFrame:
    """Return the most frequent obstacles of every group."""
    rows = shares[(shares["topic"] == "obstacle") & (shares["answer"] != _NO_OBSTACLE)]
    rows = rows.sort_values(["group", "share"], ascending=[True, False], kind="stable")
    ranked = rows.assign(rank=rows.groupby("group").cumcount() + 1)
    columns = ["group", "rank", "answer", "answers", "share", "share_low", "share_high", "elsewhere", "stands_out"]
    return ranked.loc[ranked["rank"] <= MOST_OBSTACLES, columns].reset_index(drop=True)


def _means(weighed: WeightedAnswers, questions: list[SurveyQuestion]) -> pd.DataFrame:
    rows = []
    for question in questions:
        for group, numbers, weights in _numbers(weighed, question):
            mean, half = _mean(numbers, weights)
            rows.append(
                {
                    "question": question.id, "group": group, "answers": len(numbers), "mean": mean,
                    "mean_low": mean - half, "mean_high": mean + half,
                }
            )  # fmt: skip
    return pd.DataFrame(rows, columns=["question", "group", "answers", "mean", "mean_low", "mean_high"])


def _nps(weighed: WeightedAnswers, questions: list[SurveyQuestion]) -> pd.DataFrame:
    rows = []
    for question in questions:
        for group, numbers, weights in _numbers(weighed, question):
            promoters, detractors = numbers >= 9, numbers <= 6  # the definition of NPS
            points, half = _mean(100.0 * promoters - 100.0 * detractors, weights)
            total = weights.sum()
            rows.append(
                {
                    "group": group, "answers": len(numbers), "nps": points, "nps_low": max(points - half, -100.0),
                    "nps_high": min(points + half, 100.0), "promoters": float((weights * promoters).sum() / total),
                    "detractors": float((weights * detractors).sum() / total),
                }
            )  # fmt: skip
    return pd.DataFrame(rows, columns=["group", "answers", "nps", "nps_low", "nps_high", "promoters", "detractors"])


def _numbers(weighed: WeightedAnswers, question: SurveyQuestion) -> list[tuple[str, np.ndarray, np.ndarray]]:
    """Return the numbers answered by everybody and by every group of enough, with their weights."""
    mine = _answers_of(weighed, question.id)
    parts = [(EVERYBODY, mine), *((str(group), rows) for group, rows in mine.groupby("group", sort=True))]
    return [
        (group, pd.to_numeric(rows["answer"]).to_numpy(dtype=np.float64), rows["weight"].to_numpy(dtype=np.float64))
        for group, rows in parts
        if len(rows) >= FEWEST_ANSWERS
    ]


def _mean(values: np.ndarray, weights: np.ndarray) -> tuple[float, float]:
    """Return a weighted mean and half of its interval, by the linearised variance of a ratio of sums."""
    from scipy.stats import t

    mean = float((weights * values).sum() / weights.sum())
    left = weights * (values - mean) / weights.sum()
    number = len(values)
    error = math.sqrt(float((left**2).sum()) * number / (number - 1))
    return mean, float(t.ppf((1 + _LEVEL) / 2, number - 1)) * error


def _say_insights(shares: pd.DataFrame) -> str:
    """Say the three answers that set a group apart most."""
    rows = shares[(shares["stands_out"] != "") & (shares["group"] != EVERYBODY)]
    if rows.empty:
        return "No answer sets a group apart from the others."
    by_distance = (rows["share"] - rows["elsewhere"]).abs().sort_values(ascending=False).index[:3]
    return " ".join(
        f"{row['group']}: {row['share']:.0%} ({row['share_low']:.0%} to {row['share_high']:.0%}) say {row['answer']} "
        f"to {row['question']}, {row['elsewhere']:.0%} elsewhere."
        for row in rows.loc[by_distance].to_dict("records")
    )

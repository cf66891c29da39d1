"""Answers weighted for those who did not answer, shares with intervals, obstacles and NPS, by hand and simulated."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.proportion import proportion_confint

from tenure_decisions.surveys.answers import weigh_answers
from tenure_decisions.surveys.insights import survey_findings, weighted_share
from tenure_decisions.surveys.questions import load_questions, parse_questions
from tenure_decisions.surveys.sample import SurveyRules, design_survey
from tenure_features.errors import DataContractError, UsageError

QUESTIONS = load_questions()


def sample(groups: dict[str, int], *, customers: int = 1000) -> pd.DataFrame:
    rows = [(f"{name}{number}", name, customers, size) for name, size in groups.items() for number in range(size)]
    return pd.DataFrame(rows, columns=["customer_id", "group", "customers", "asked"])


def said(*rows: tuple[str, str, str]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["customer_id", "question", "answer"])


def test_questions__are_asked_in_both_languages_and_end_with_nps() -> None:
    assert {question.topic for question in QUESTIONS} == {
        "demography",
        "reason",
        "obstacle",
        "product",
        "service",
        "nps",
    }
    assert QUESTIONS[-1].topic == "nps"
    assert all(
        set(text) == {"en", "ru"} and all(text.values())
        for question in QUESTIONS
        for text in (question.text, *question.options.values())
    )


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"kind": "guess"}, "unknown kind"),
        ({"topic": "x"}, "unknown topic"),
        ({"options": []}, "0 options"),
        ({"text": {}}, "en"),
    ],
)
def test_questions__that_cannot_be_asked_are_refused(change: dict, words: str) -> None:
    good = {
        "id": "a", "topic": "reason", "kind": "choice", "groups": "all", "text": {"en": "?", "ru": "?"},
        "options": [{"id": "x", "en": "x", "ru": "x"}],
    }  # fmt: skip
    assert parse_questions({"questions": [good]})[0].is_for("anybody")
    with pytest.raises(DataContractError, match=words):
        parse_questions({"questions": [good | change]})


def test_sample__is_large_enough_by_group_and_leaves_customers_out() -> None:
    scores = pd.DataFrame(
        {"customer_id": [f"c{n}" for n in range(3050)], "rfm_group": ["Loyal"] * 3000 + ["Lost"] * 50}
    )
    drawn = design_survey(scores, QUESTIONS, SurveyRules(), by="rfm_group", without=frozenset({"c0", "c3000"}))
    plan = drawn.findings.frame("survey_plan").set_index("group")
    assert plan["way"].to_dict() == {"Lost": "interview", "Loyal": "mail"}
    assert plan["asked"].to_dict() == {"Lost": 49, "Loyal": 940}  # 94 answers of 2,999 at 10 %, 33 of 49 at 40 %: all
    assert not set(drawn.rows["customer_id"]) & {"c0", "c3000"}
    assert "Lost" in drawn.findings.notes[0]
    again = design_survey(scores.sample(frac=1, random_state=1), QUESTIONS, SurveyRules(), by="rfm_group")
    assert set(again.rows["customer_id"]) >= set(drawn.rows["customer_id"]) - {"c0", "c3000"} or len(again.rows) == 990
    with pytest.raises(UsageError, match="no column"):
        design_survey(scores, QUESTIONS, SurveyRules(), by="segment")


def test_weights__stand_for_those_who_did_not_answer() -> None:
    asked = sample({"a": 100})
    traits = pd.DataFrame({"customer_id": asked["customer_id"], "value_tier": ["high"] * 50 + ["low"] * 50})
    # every high customer answers and says price; of the low ones every other, and says site
    rows = [(f"a{n}", "obstacles", "price") for n in range(50)] + [
        (f"a{n}", "obstacles", "site") for n in range(50, 100, 2)
    ]
    weighed = weigh_answers(asked, said(*rows), QUESTIONS, traits=traits)
    assert weighed.people["weight"].sum() == pytest.approx(1000)
    shares = survey_findings(weighed, QUESTIONS).frame("answers").set_index(["group", "answer"])["share"]
    assert shares[("a", "price")] == pytest.approx(0.5)
    alone = weigh_answers(asked, said(*rows), QUESTIONS)
    assert survey_findings(alone, QUESTIONS).frame("answers").set_index(["group", "answer"])["share"][
        ("a", "price")
    ] == pytest.approx(50 / 75)


def test_answers__that_cannot_be_used_are_counted() -> None:
    rows = said(
        ("a1", "nps", "9"), ("a1", "nps", "10"), ("a1", "nps", "11"), ("x", "nps", "9"), ("a2", "odd", "9"),
        ("a3", "obstacles", "price"), ("a3", "obstacles", "site"),
    )  # fmt: skip
    weighed = weigh_answers(sample({"a": 20}), rows, QUESTIONS)
    assert weighed.set_aside == {
        "no answer the question allows": 1, "not of the sample": 1, "no such question": 1, "answered again": 1,
    }  # fmt: skip
    assert weighed.answers["answer"].tolist() == ["10", "price", "site"]
    with pytest.raises(DataContractError, match="No answer"):
        weigh_answers(sample({"a": 20}), rows.iloc[2:5], QUESTIONS)


def test_findings__rank_obstacles_name_who_stands_out_and_keep_nps_apart() -> None:
    rows = [(f"a{n}", "obstacles", "price" if n < 40 else "none") for n in range(60)]
    rows += [(f"b{n}", "obstacles", "site" if n < 20 else "none") for n in range(60)]
    rows += [(f"a{n}", "nps", "10" if n < 30 else "3") for n in range(40)]
    told = survey_findings(weigh_answers(sample({"a": 100, "b": 100}), said(*rows), QUESTIONS), QUESTIONS)
    first = told.frame("obstacles").query("rank == 1").set_index("group")
    assert first["answer"].to_dict() == {"a": "price", "b": "site", "everybody": "price"}
    assert first.loc["a", "stands_out"] == "more often"
    assert "a: 67% (54% to 77%) say price to obstacles, 0% elsewhere." in told.text("insights")
    nps = told.frame("survey_nps").set_index("group")
    assert nps["nps"].to_dict() == {"a": pytest.approx(50.0), "everybody": pytest.approx(50.0)}
    assert "nps" not in set(told.frame("answers")["topic"])


def test_intervals__of_equal_weights_are_those_of_statsmodels() -> None:
    named = np.arange(37) < 11
    _, low, high, _ = weighted_share(named, np.full(37, 2.5))
    assert (low, high) == pytest.approx(proportion_confint(11, 37, method="wilson"))


def test_intervals__cover_where_weights_differ() -> None:
    rng, inside = np.random.default_rng(0), []
    for _ in range(400):
        weights = rng.choice([1.0, 3.0], 80)
        _, low, high, _ = weighted_share(rng.random(80) < 0.3, weights)
        inside.append(low <= 0.3 <= high)
    assert 0.92 <= np.mean(inside) <= 0.98

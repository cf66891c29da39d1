"""Findings: what they hold fits together, and every column says its unit and its meaning."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from tenure_decisions.economics.budget import budget
from tenure_decisions.economics.channels import channels
from tenure_decisions.economics.cohorts import cohorts
from tenure_decisions.economics.completion import complete
from tenure_decisions.economics.findings import budget_findings, channel_findings, cohort_findings, growth_findings
from tenure_decisions.economics.growth import growth
from tenure_decisions.economics.study import Study
from tenure_decisions.findings import Fact, Findings, FindingTable
from tenure_decisions.glossary import Term
from tenure_features.errors import DataContractError


def made(name: str, **columns: list[float]) -> FindingTable:
    return FindingTable(
        name=name, title="", frame=pd.DataFrame(columns), terms={"cac": Term("money", "cost of a customer")}
    )


def test_table__an_interval_has_the_unit_of_its_estimate() -> None:
    table = made("costs", cac=[5.0], cac_low=[4.0], cac_high=[6.0], low=[1.0])
    assert (table.term("cac_low"), table.term("low")) == (Term("money", "cost of a customer"), None)
    assert table.interval("cac") == ("cac_low", "cac_high")
    assert table.interval("low") is None


def test_table__ends_given_to_one_column_are_not_those_of_another() -> None:
    frame = pd.DataFrame({"payback": ["month 1"], "payback_month": [1.0], "payback_low": [1.0], "payback_high": [2.0]})
    ends = {"payback_month": ("payback_low", "payback_high")}
    table = FindingTable(name="t", title="", frame=frame, terms={"payback_month": Term("months", "")}, intervals=ends)
    assert table.interval("payback") is None
    assert table.interval("payback_month") == ("payback_low", "payback_high")
    assert table.term("payback_high") == Term("months", "")


def test_findings__refuse_a_sentence_about_a_fact_that_is_not_there() -> None:
    with pytest.raises(DataContractError, match="no fact gain"):
        Findings(subject="budget", title="{gain} more", lead="{currency}")
    with pytest.raises(DataContractError, match="two costs"):
        Findings(subject="budget", title="", facts=(Fact("costs", 1),), tables=(made("costs", cac=[1.0]),))


def test_findings__definitions_are_those_of_what_is_given_and_of_the_parts() -> None:
    inner = Findings(subject="inner", title="", facts=(Fact("share", 0.5, "share", "half"),))
    whole = Findings(
        subject="whole", title="", tables=(made("costs", cac=[1.0]),), parts={"inner": inner, "none": None}
    )
    assert whole.definitions() == {"cac": Term("money", "cost of a customer"), "share": Term("share", "half")}
    with pytest.raises(TypeError, match="x of whole is no number"):
        Findings(subject="whole", title="", facts=(Fact("x", "many"),)).number("x")


def test_findings__of_economics_explain_every_column(shop_study: Study, study: Callable[..., Study], tables) -> None:
    followed = cohorts(tables["orders"], as_of="2024-07-01")
    subjects = [
        cohort_findings(followed, complete(followed), currency="EUR", notes=["Read."]),
        channel_findings(channels(study()), days=365),
        growth_findings(growth(study()), since=study().since, as_of=study().as_of),
        budget_findings(budget(shop_study), as_of=shop_study.as_of),
    ]
    silent = [
        f"{subject.subject} {table.name} {column}"
        for subject in subjects
        for table in subject.tables
        for column in table.frame
        if not (table.term(str(column)) and table.term(str(column)).meaning)
    ]
    assert silent == []
    assert subjects[0].notes[0] == "Read."
    assert subjects[3].fact("gain_low").unit == "money per week"


def test_findings__give_facts_as_what_they_are() -> None:
    facts = (Fact("orders", 3), Fact("as_of", pd.Timestamp("2024-05-01")), Fact("rule", "last touch"))
    findings = Findings(subject="budget", title="{rule}", facts=facts, tables=(made("costs", cac=[1.0]),))
    assert (findings.number("orders"), findings.text("orders"), findings.text("rule")) == (3, "3", "last touch")
    assert findings.moment("as_of") == pd.Timestamp("2024-05-01")
    assert findings.frame("costs")["cac"].tolist() == [1.0]
    with pytest.raises(KeyError):
        findings.fact("cost")

"""One value, every form: text, JSON, files and a section say the same."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from tenure_decisions.findings import Fact, Findings, FindingTable
from tenure_decisions.glossary import Term
from tenure_serving.charts import style
from tenure_serving.findings import files, layouts, payload, section, text_lines, write_files
from tenure_serving.findings.parts import Drawing, Sentence, View
from tenure_serving.json_value import to_json_value
from tenure_serving.language import Language
from tenure_serving.report.sections import ChartBlock, Paragraph, TableBlock, lay_out

TERMS = {
    "channel": Term("-", "who brought them"),
    "customers": Term("customers", "new ones"),
    "cac": Term("money per customer", "cost of one"),
    "share": Term("share", "of all"),
}
FRAME = pd.DataFrame(
    {
        "channel": ["=cmd()", "email"], "customers": [1234, 5], "cac": [1234.5, 7.25], "cac_low": [1000.0, 7.0],
        "cac_high": [1500.0, 7.5], "share": [0.5, float("nan")],
    }
)  # fmt: skip
FOUND = Findings(
    subject="trial",
    title="{channels} channels{in_currency}",
    lead="A customer costs {mean}.",
    facts=(Fact("channels", 2, "channels"), Fact("mean", 56123.4, "money per customer", "over all channels")),
    tables=(
        FindingTable(name="trial", title="Costs", frame=FRAME, terms=TERMS),
        FindingTable(name="points", title="Drawn", frame=FRAME[["customers"]], terms=TERMS, only_drawn=True),
    ),
    parts={"inner": Findings(subject="inner", title="", notes=("Said inside.",)), "absent": None},
    notes=("Mind {this}.",),
    currency="EUR",
)


def drawn(findings: Findings, language: Language):
    return style.chart(findings.frame("points"), title=style.title("Drawn")).mark_bar().encode(x="customers:Q")


@pytest.fixture
def laid(monkeypatch: pytest.MonkeyPatch) -> Findings:
    parts = [
        Sentence(text="{mean} each, by {who}.", values={"who": "{mean}"}),
        Sentence(text="On the page.", only="section", style="aside"),
        View(table="trial", title="Costs of {channels}{in_currency}", plain=("share",)),
        View(table="trial", columns=("channel",), select=lambda rows: rows[rows["customers"] > 9], only="terminal"),
        Drawing(name="bars", label="Customers", draw=drawn),
    ]
    monkeypatch.setattr(layouts, "LAYOUTS", {"trial": lambda _: parts})
    return FOUND


def test_text__aligns_tables_and_writes_intervals(laid: Findings) -> None:
    assert text_lines(laid, files=[Path("a.csv")]) == [
        "56,123 EUR each, by {mean}.",
        "",
        "Costs of 2, in EUR:",
        "  channel  customers                  cac  share",
        "  =cmd()       1,234  1,234 (1,000-1,500)   50 %",
        "  email            5        7.25 (7-7.50)      -",
        "",
        "Costs:",
        "  channel",
        "  =cmd()",
        "",
        "Note: Mind {this}.",
        "Note: Said inside.",
        "",
        "Written: a.csv",
    ]


def test_section__rounds_and_names_the_currency(laid: Findings) -> None:
    part = section(laid)
    assert (part.title, part.lead) == ("2 channels, in EUR", "A customer costs 56,100 EUR.")
    kinds = [type(block) for block in part.blocks]
    assert kinds == [Paragraph, Paragraph, TableBlock, ChartBlock, Paragraph, Paragraph]
    assert part.blocks[-1] == Paragraph("Mind {this}.", "note")
    rows = lay_out([part], currency="EUR").sections[0]["blocks"][2]["rows"]
    assert rows == [
        ["=cmd()", "1,234", "1,230 EUR (1,000 to 1,500)", "50 %"],
        ["email", "5", "7.25 EUR (7 to 7.5)", "–"],
    ]


def test_payload__names_facts_tables_and_parts_once(laid: Findings) -> None:
    plain = to_json_value(payload(laid, files=[Path("a.csv")]))
    assert json.dumps(plain, allow_nan=False)
    assert list(plain) == ["channels", "mean", "trial", "inner", "absent", "definitions", "notes", "currency", "files"]
    assert plain["trial"][0]["cac"] == 1234.5
    assert plain["inner"] == {"notes": ["Said inside."]}
    assert plain["absent"] is None
    assert plain["definitions"]["mean"] == {"unit": "money per customer", "meaning": "over all channels"}
    one = Findings(
        subject="x", title="", tables=(FindingTable(name="ids", title="", frame=FRAME[["channel"]], terms={}),)
    )
    assert to_json_value(payload(one))["ids"] == ["=cmd()", "email"]


def test_files__are_every_table_and_chart_with_cells_defused(laid: Findings, tmp_path: Path) -> None:
    written = write_files(laid, tmp_path / "new")
    assert [path.name for path in written] == ["trial.csv", "bars.svg"]
    assert written[0].read_text().splitlines()[1].startswith("'=cmd(),1234,1234.5,")
    assert written[1].read_text().startswith("<svg")


def test_files__are_named_by_subject_and_table_unless_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "STEMS", {("other", "ids"): "seeds"})
    tables = tuple(FindingTable(name=name, title="", frame=FRAME.head(0), terms={}) for name in ("ids", "rest"))
    written = write_files(Findings(subject="other", title="", tables=tables), tmp_path)
    assert [path.name for path in written] == ["seeds.csv", "other_rest.csv"]
    assert written[0].read_text() == "channel,customers,cac,cac_low,cac_high,share\n"


def test_layout__of_a_subject_without_hints_shows_its_tables() -> None:
    assert [view.table for view in layouts.layout_of(FOUND)] == ["trial"]

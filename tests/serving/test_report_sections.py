"""Sections added to a page: everything in its place, in its unit, and harmless whatever it is called."""

import json
import re
from typing import Any

import altair as alt
import pandas as pd
import pytest

from tenure_features.errors import DataContractError
from tenure_serving.charts import style
from tenure_serving.report import ChartBlock, Paragraph, ReportData, Section, TableBlock, render_report

EVIL = "</script><b onclick=x>Tom & Jerry</b>"


def scores() -> pd.DataFrame:
    row: dict[str, Any] = {
        "customer_id": "c1", "as_of": pd.Timestamp("2025-12-01"), "horizon_days": 90, "churn_probability": 0.5,
        "expected_value": 10.0, "value_if_buys": 20.0, "recency_score": 5, "frequency_score": 5, "monetary_score": 5,
        "rfm_group": "Champions", "value_tier": "high", "risk_tier": "low", "segment": "VIP", "next_step": "Call",
    }  # fmt: skip
    return pd.DataFrame([row])


def bars(title: str = "One is more than none") -> alt.Chart:
    table = pd.DataFrame({"name": [EVIL, "b"], "amount": [1.0, 2.0]})
    return style.chart(table, title=style.title(title)).mark_bar().encode(x="amount:Q", y="name:N")


def render(*sections: Section, currency: str = "GBP") -> str:
    return render_report(
        ReportData(
            scores=scores(), definitions={"currency": currency}, champion="m", champion_reason="why", sections=sections
        )
    )


def part(html: str, number: int = 1) -> str:
    return html.split(f'<section id="part-{number}">')[1].split("</section>", maxsplit=1)[0]


def test_sections__come_before_the_definitions_and_in_the_table_of_contents() -> None:
    html = render(Section("First", "One."), Section("Second", "Two."))
    places = [html.index(f'<section id="{name}">') for name in ("drivers", "part-1", "part-2", "definitions")]
    assert places == sorted(places)
    assert '<a href="#part-2">Second</a>' in html.split("</nav>")[0]
    assert "<h2>Second</h2>" in part(html, 2)
    assert '<p class="lead">Two.</p>' in part(html, 2)


def test_sections__without_any_leave_the_page_as_it_was() -> None:
    assert "part-" not in render().split("<script")[0]


def test_table__writes_each_column_in_its_unit() -> None:
    table = pd.DataFrame(
        {
            "group": ["A", None], "customers": [1234, 5], "share": [0.473, float("nan")], "lift_ratio": [1.25, 3.0],
            "value": [56123.0, -1.0], "since": [pd.Timestamp("2025-01-31 12:00"), pd.NaT], "steps": [["a", "b"], []],
        }
    )  # fmt: skip
    block = TableBlock(
        table,
        caption="All of them",
        units={"customers": "count", "share": "percent", "value": "money", "since": "date"},
        headings={"share": "Share of all"},
    )
    html = part(render(Section("T", "", (block,))))
    assert "<caption>All of them</caption>" in html
    assert '<th scope="col" class="num">Share of all</th><th scope="col" class="num">Lift ratio</th>' in html
    assert '<td data-label="Share of all" class="num">47 %</td>' in html  # a phone shows the heading in the cell
    plain = re.sub(r' data-label="[^"]*"', "", html)
    cells = '<td>A</td><td class="num">1,234</td><td class="num">47 %</td><td class="num">1.25</td>'
    assert f'{cells}<td class="num">56,100 GBP</td><td>2025-01-31</td><td>a; b</td>' in plain
    nothing = '<td>–</td><td class="num">5</td><td class="num">–</td><td class="num">3</td>'
    assert f'{nothing}<td class="num">-1 GBP</td><td>–</td><td></td>' in plain


def test_charts__stand_side_by_side_unless_wide_and_carry_their_data() -> None:
    blocks = (
        ChartBlock(bars(), "first"), ChartBlock(bars(), "second", wide=True), Paragraph("x"),
        ChartBlock(bars(), "third"),
    )  # fmt: skip
    html = render(Section("Charts", "", blocks))
    specs = json.loads(html.split('<script id="specs" type="application/json">')[1].split("</script>")[0])
    names = [name for name in specs if name.startswith("part_1")]
    assert names == ["part_1_1", "part_1_2", "part_1_3"]
    assert all(part(html).count(f'data-chart="{name}"') == 1 for name in names)
    assert part(html).count('<div class="charts">') == 2
    assert part(html).count('class="wide"') == 1
    assert 'aria-label="second"' in part(html)
    assert "url" not in specs["part_1_1"]["data"]


def test_sections__escape_every_text() -> None:
    table = pd.DataFrame({EVIL: [EVIL]})
    blocks = (Paragraph(EVIL, "note"), TableBlock(table, EVIL), ChartBlock(bars(EVIL), EVIL))
    html = render(Section(EVIL, EVIL, blocks))
    assert "<b onclick" not in html
    assert (
        part(html).count("Tom &amp; Jerry") == 9
    )  # title, lead, paragraph, caption, its label, heading, cell, its label, chart


def test_paragraphs__say_what_kind_they_are() -> None:
    blocks = (Paragraph("plain"), Paragraph("known", "note"), Paragraph("by the way", "aside"))
    html = part(render(Section("P", "", blocks)))
    assert "<p>plain</p>" in html
    assert '<p class="note">known</p>' in html
    assert '<p class="soft small">by the way</p>' in html


def test_sections__refuse_what_cannot_be_shown() -> None:
    table = pd.DataFrame({"a": [1]})
    with pytest.raises(DataContractError, match="Found: b"):
        TableBlock(table, units={"b": "money"})
    with pytest.raises(DataContractError, match="Found: euros"):
        TableBlock(table, units={"a": "euros"})  # type: ignore[dict-item]
    with pytest.raises(DataContractError, match="needs a title"):
        Section(" ", "lead")

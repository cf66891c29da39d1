"""Sections that anyone adds to a report: a title, a lead, and paragraphs, tables and charts under it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, Literal, Protocol, get_args

import pandas as pd

from tenure_features.errors import DataContractError
from tenure_serving.language import ENGLISH, N_, Language
from tenure_serving.report.cell import Spread, cell, heading, is_missing

Style = Literal["plain", "note", "aside"]
Unit = Literal["text", "count", "number", "money", "percent", "date"]
Chapter = Literal["customers", "money", "evidence"]
CHAPTERS: Mapping[Chapter, str] = {
    "customers": N_("Customers"),
    "money": N_("Money"),
    "evidence": N_("How far to trust it"),
}
"""The upper level of the contents, and how it is called."""


class Drawable(Protocol):
    """An Altair chart of any kind."""

    def to_dict(self) -> dict[str, Any]:
        """Return the chart's Vega-Lite specification."""
        ...


@dataclass(frozen=True)
class Paragraph:
    """A paragraph of text; ``kind`` sets apart what must be known (``note``) from an aside (``aside``)."""

    text: str
    kind: Style = "plain"


@dataclass(frozen=True)
class TableBlock:
    """A table of at most a few dozen rows, shown as it is.

    Attributes
    ----------
    table
        One row of the page per row; the index is not shown.
    caption
        What is shown, with its period and definition.
    units
        By column: ``text``, ``count`` (whole number), ``number``, ``money`` (in the report's currency), ``percent``
        (of a share) or ``date``. A column not named is a number or a text by its type. A cell may be an estimate with
        its interval (`tenure_serving.report.cell.Spread`).
    headings
        By column; default the column's name in words.

    Raises
    ------
    DataContractError
        A unit or a heading is given for a column that is not there, or the unit is unknown.
    """

    table: pd.DataFrame
    caption: str = ""
    units: Mapping[str, Unit] = field(default_factory=dict)
    headings: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        strange = [name for name in (*self.units, *self.headings) if name not in self.table]
        strange += [unit for unit in self.units.values() if unit not in get_args(Unit)]
        if strange:
            raise DataContractError(
                f"The table '{self.caption}' of the report cannot be shown.",
                found=", ".join(strange),
                fix=f"Units ({', '.join(get_args(Unit))}) and headings belong to columns of the table.",
            )


@dataclass(frozen=True)
class ChartBlock:
    """A chart; neighbours stand side by side where there is room, unless one is ``wide``.

    Attributes
    ----------
    chart
        Made with the house style (`tenure_serving.charts.style`): the title states the conclusion.
    label
        What the chart shows, for those who cannot see it.
    wide
        Whether it takes the whole width of the page.
    """

    chart: Drawable
    label: str
    wide: bool = False


SectionBlock = Paragraph | TableBlock | ChartBlock


@dataclass(frozen=True)
class Section:
    """A part of the report: its title is in the table of contents, its lead says what to take away.

    Examples
    --------
    >>> format_money = pd.DataFrame({"tier": ["high", "low"], "value": [1234567.0, None]})
    >>> part = Section("Where value sits", "A few bring it all.", (TableBlock(format_money, units={"value": "money"}),))
    >>> lay_out([part], currency="GBP").sections[0]["blocks"][0]["rows"]
    [['high', '1.23 million GBP'], ['low', '–']]
    """

    title: str
    lead: str
    blocks: Sequence[SectionBlock] = ()
    chapter: Chapter = "evidence"

    def __post_init__(self) -> None:
        if not self.title.strip():
            raise DataContractError("A section of the report needs a title.", found=f"lead '{self.lead}'")


def say_section(section: Section, language: Language) -> Section:
    """Say a section that was written in English in another language: title, lead, paragraphs, captions and headings."""

    def say(block: SectionBlock) -> SectionBlock:
        if isinstance(block, Paragraph):
            return replace(block, text=language.translate(block.text))
        if isinstance(block, ChartBlock):
            return replace(block, label=language.translate(block.label))
        headings = {name: language.translate(words) for name, words in block.headings.items()}
        return replace(block, caption=language.translate(block.caption), headings=headings)

    return replace(
        section,
        title=language.translate(section.title),
        lead=language.translate(section.lead),
        blocks=[say(block) for block in section.blocks],
    )


@dataclass(frozen=True)
class Layout:
    """Sections as the template takes them, and the charts in them by the name of their place."""

    sections: list[dict[str, Any]]
    specs: dict[str, Any]


def lay_out(sections: Sequence[Section], *, currency: str, language: Language = ENGLISH) -> Layout:
    """Write every cell, name every place of a chart, and put neighbouring charts in one row.

    Parameters
    ----------
    sections
        In the order of the page.
    currency
        Unit of the columns that are money.
    language
        Of cells and headings.
    """
    out: list[dict[str, Any]] = []
    specs: dict[str, Any] = {}
    for number, section in enumerate(sections, 1):
        blocks: list[dict[str, Any]] = []
        for is_chart, run in groupby(section.blocks, key=lambda block: isinstance(block, ChartBlock)):
            if not is_chart:
                blocks += [_plain(block, currency, language) for block in run if not isinstance(block, ChartBlock)]
                continue
            charts = []
            for block in run:
                if isinstance(block, ChartBlock):
                    name = f"part_{number}_{len(specs) + 1}"
                    specs[name] = block.chart.to_dict()
                    charts.append({"name": name, "label": block.label, "wide": block.wide})
            blocks.append({"kind": "charts", "charts": charts})
        out.append(
            {
                "id": f"part-{number}",
                "title": section.title,
                "lead": section.lead,
                "chapter": section.chapter,
                "blocks": blocks,
            }
        )
    return Layout(out, specs)


def _plain(block: Paragraph | TableBlock, currency: str, language: Language) -> dict[str, Any]:
    if isinstance(block, Paragraph):
        styles = {"note": "note", "aside": "soft small"}
        return {"kind": "paragraph", "text": block.text, "style": styles.get(block.kind)}
    table, write = block.table, _writers(currency, language)
    units = [block.units.get(name) or _usual_unit(table[name]) for name in table.columns]
    rows = [
        [write[unit](value) for unit, value in zip(units, row, strict=True)]
        for row in table.itertuples(index=False, name=None)
    ]
    heads = [
        {
            "words": _capital(block.headings.get(name) or heading(name, language)),
            "numeric": unit not in {"text", "date"},
        }
        for name, unit in zip(table.columns, units, strict=True)
    ]
    return {"kind": "table", "caption": block.caption, "heads": heads, "rows": rows}


def _usual_unit(column: pd.Series) -> Unit:
    if pd.api.types.is_bool_dtype(column):
        return "text"
    return "number" if pd.api.types.is_numeric_dtype(column) else "text"


def _writers(currency: str, language: Language) -> Mapping[Unit, Callable[[Any], str]]:
    def write_known(write: Callable[[Any], str], bare: Callable[[Any], str] | None = None) -> Callable[[Any], str]:
        """Write what is there; of an interval the ends are written ``bare``, without repeating the currency."""

        def write_value(value: object) -> str:
            if isinstance(value, Spread):
                estimate, ends = (
                    write_value(value.value),
                    [(bare or write)(end) for end in value[1:] if not is_missing(end)],
                )
                if len(ends) < len(value[1:]) or is_missing(value.value):
                    return estimate
                return language.gettext("{estimate} ({low} to {high})", estimate=estimate, low=ends[0], high=ends[1])
            return cell(None, language) if is_missing(value) else write(value)

        return write_value

    return {
        "text": lambda value: cell(value, language),
        "count": write_known(language.count),
        "number": write_known(language.number),
        "money": write_known(lambda amount: language.money(amount, currency), language.number),
        "percent": write_known(language.percent),
        "date": write_known(language.day),
    }


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]

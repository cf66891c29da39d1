"""The parts of a layout: sentences, views of tables, and drawings, each for the terminal, the report or both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import pandas as pd

from tenure_decisions.findings import Fact, Findings
from tenure_serving.language import Language
from tenure_serving.report.cell import Spread
from tenure_serving.report.sections import Drawable, Style

Medium = Literal["terminal", "section"]


@dataclass(frozen=True, kw_only=True)
class Sentence:
    """A sentence that names facts in braces.

    Attributes
    ----------
    text
        Written by the one who lays out, never data: a key of the catalogue of texts.
    values
        What else is inserted, by name: words.
    facts
        What else is inserted, written in its unit.
    style
        Of the paragraph in a report.
    only
        The only place it is shown in; None for both.
    """

    text: str
    values: Mapping[str, str] = field(default_factory=dict)
    facts: tuple[Fact, ...] = ()
    style: Style = "plain"
    only: Medium | None = None


@dataclass(frozen=True, kw_only=True)
class View:
    """Which rows and columns of a table are shown, and in which order.

    Attributes
    ----------
    table
        Its name in the findings.
    title
        Names facts in braces; default the title of the table.
    values
        What else is inserted into the title, by name: words.
    columns
        In order; none for all. A column with an interval is written with it, and the ends are not columns of the view.
    plain
        Columns that are written without their interval.
    select
        Chooses rows and adds columns.
    rows
        The most that are shown.
    headings
        By column, in a report; default the column's name in words.
    only
        The only place it is shown in; None for both.
    """

    table: str
    title: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    columns: Sequence[str] = ()
    plain: Sequence[str] = ()
    select: Callable[[pd.DataFrame], pd.DataFrame] | None = None
    rows: int | None = None
    headings: Mapping[str, str] = field(default_factory=dict)
    only: Medium | None = None


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A chart of a report, and an SVG file of its name.

    Attributes
    ----------
    name
        Of the file, without its ending.
    label
        What it shows, for those who cannot see it.
    draw
        Called when the chart is wanted: drawing is not paid for by those who print text.
    wide
        Whether it takes the whole width of the page.
    """

    name: str
    label: str
    draw: Callable[[Findings, Language], Drawable]
    wide: bool = False


Parts = Sequence[Sentence | View | Drawing]


def spreads(frame: pd.DataFrame, column: str, ends: tuple[str, str] | None = None) -> list[Spread]:
    """Return a column with its interval.

    Examples
    --------
    >>> spreads(pd.DataFrame({"cac": [5.0], "cac_low": [4.0], "cac_high": [7.0]}), "cac")
    [Spread(value=5.0, low=4.0, high=7.0)]
    """
    low, high = ends or (f"{column}_low", f"{column}_high")
    return [Spread(*map(float, row)) for row in zip(frame[column], frame[low], frame[high], strict=True)]


def view_rows(view: View, findings: Findings) -> pd.DataFrame:
    """Return the rows and columns of a view, a column with an interval as `Spread`."""
    table = findings.table(view.table)
    frame = table.frame if view.select is None else view.select(table.frame)
    frame = frame if view.rows is None else frame.head(view.rows)
    intervals = {name: ends for name in frame.columns if (ends := table.interval(name)) and ends[0] in frame}
    hidden = {end for ends in intervals.values() for end in ends}
    names = view.columns or [name for name in frame.columns if name not in hidden]
    cells = {
        name: spreads(frame, name, intervals[name]) if name in intervals and name not in view.plain else frame[name]
        for name in names
    }
    return pd.DataFrame(cells, index=frame.index)

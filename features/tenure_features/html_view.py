"""A value as a notebook shows it: a title, facts, tables and notes, every text of the data escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from types import MappingProxyType

import pandas as pd

MOST_ROWS_SHOWN = 20
"""Rows of a table that are shown."""


def render_view(
    title: str,
    *,
    lead: str = "",
    facts: Mapping[str, object] = MappingProxyType({}),
    tables: Mapping[str, pd.DataFrame] = MappingProxyType({}),
    notes: Iterable[str] = (),
) -> str:
    """Render HTML for a notebook; nothing that is given is taken for markup.

    Parameters
    ----------
    title, lead
        What it is, and what it says in one sentence.
    facts
        By name, a line each; those that are None or empty are left out.
    tables
        By title; of long ones the first and last rows.
    notes
        Sentences a reader must know.

    Examples
    --------
    >>> print(render_view("Orders of <b>", facts={"customers": 3, "currency": None}, notes=["1 < 2"]))
    <h3>Orders of &lt;b&gt;</h3>
    <table>
    <tr><th>customers</th><td>3</td></tr>
    </table>
    <p><em>1 &lt; 2</em></p>
    """
    parts = [f"<h3>{escape(title)}</h3>"]
    if lead:
        parts.append(f"<p>{escape(lead)}</p>")
    rows = {name: str(fact) for name, fact in facts.items() if fact is not None and str(fact)}
    if rows:
        cells = (f"<tr><th>{escape(name)}</th><td>{escape(text)}</td></tr>" for name, text in rows.items())
        parts += ["<table>", *cells, "</table>"]
    for name, table in tables.items():
        parts += [f"<h4>{escape(name)}</h4>", table.to_html(index=False, escape=True, max_rows=MOST_ROWS_SHOWN)]
    return "\n".join([*parts, *(f"<p><em>{escape(note)}</em></p>" for note in notes)])

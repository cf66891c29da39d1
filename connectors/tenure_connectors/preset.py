"""A preset: how the export of one system becomes tables of the contract."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import ibis
import ibis.expr.types as ir

from tenure_connectors.meaning import UNDECIDED, Meaning
from tenure_features.tables.aliases import find_column, plain
from tenure_features.tables.guests import GUESTS
from tenure_features.tables.parsing import as_id, as_number, to_text

Build = Callable[[ir.Table], ir.Table]
"""From the documented columns of an export, by their keys, to the rows of a table of the contract."""


@dataclass(frozen=True, kw_only=True)
class Preset:
    """How the export of one system is recognised, and what becomes of it.

    Attributes
    ----------
    name
        What it is called in ``tenure.toml``.
    title
        What the export is called by the system.
    columns
        Headers the export may have, in the languages of the system, by the key that `tables` use.
    required
        Keys by whose headers it is recognised; all of them must be there.
    tables
        Builders by table of the contract. That of ``orders`` may add ``meaning``, ``refunded`` and ``left_out``.
    statuses
        Meaning of each status, lower case.
    unknown
        Meaning of every other status.
    notes
        What a reader must know of the figures.
    documentation
        Where the system describes the export.
    impossible
        Why no customer can be followed in it; empty where one can.
    """

    name: str
    title: str
    columns: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]
    tables: Mapping[str, Build] = field(default_factory=dict)
    statuses: Mapping[str, Meaning] = field(default_factory=dict)
    unknown: Meaning = UNDECIDED
    notes: tuple[str, ...] = ()
    documentation: str
    impossible: str = ""

    def match(self, header: Sequence[str]) -> Mapping[str, str]:
        """Give the columns of a header by key; a star at the end of a name stands for whatever follows."""
        columns = {key: _find(names, header) for key, names in self.columns.items()}
        return {key: column for key, column in columns.items() if column is not None}

    def fits(self, header: Sequence[str]) -> bool:
        """Say whether a header is that of the export."""
        return set(self.required) <= set(self.match(header))

    def canonical(self, raw: ir.Table) -> ir.Table:
        """Name the columns of an export by key, as text; those it lacks are missing on every row."""
        match = self.match(raw.columns)
        return raw.select(
            **{
                key: raw[match[key]].cast("string").strip().nullif("") if key in match else ibis.null("string")
                for key in self.columns
            }
        )

    def kind_of(self, status: ir.StringValue) -> ir.StringValue:
        """Give the kind of a status; where there is none it is that of an unknown one."""
        text = status.lower()
        kinds = {meaning.kind for meaning in self.statuses.values()}
        named = {kind: [word for word, item in self.statuses.items() if item.kind == kind] for kind in sorted(kinds)}
        branches = [(text.isin(words), kind) for kind, words in named.items()]
        unknown = self.unknown.kind
        return ibis.cases(*branches, else_=unknown) if branches else ibis.literal(unknown)


def _find(names: Sequence[str], header: Sequence[str]) -> str | None:
    exact = find_column([name for name in names if not name.endswith("*")], header)
    if exact is not None:
        return exact
    beginnings = [plain(name) for name in names if name.endswith("*")]
    return next((column for column in header if any(plain(column).startswith(item) for item in beginnings)), None)


@ibis.udf.scalar.builtin(name="json_extract_string")
def json_values(text: str, path: str) -> list[str]:  # type: ignore[empty-body]
    """DuckDB: every value that a path with a star finds in JSON text."""


def as_amount(column: ir.StringValue) -> ir.FloatingValue:
    """Read an amount; nothing is 0."""
    return as_number(column).fill_null(0.0)


def person(identifier: ir.StringValue, *others: ir.StringValue) -> ir.StringValue:
    """Give the id of a customer; where there is none or a guest's, the first of others (e-mail, phone) there is."""
    candidates = [as_id(identifier), *(to_text(other).lower() for other in others)]
    return ibis.coalesce(*(item.lower().isin(GUESTS).ifelse(None, item) for item in candidates))


def goods(total: ir.FloatingValue, refunded: ir.FloatingValue, *extras: ir.FloatingValue) -> ir.FloatingValue:
    """Give what the goods of an order brought: the total less taxes, shipping and tips, as far as it was kept.

    A refund gives back its share of each, since exports say only how much it was.
    """
    without = total
    for extra in extras:
        without -= extra
    share = ibis.ifelse(total > 0, (total - refunded) / total.nullif(0.0), 1.0)
    return (without * share).round(6)

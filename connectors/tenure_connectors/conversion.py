"""An export, read by its preset: tables of the contract in memory, and the account of what was done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import ibis.expr.types as ir
import pyarrow as pa

from tenure_connectors.meaning import OUTCOMES, SALES
from tenure_connectors.preset import Preset
from tenure_connectors.presets import EXPORTS
from tenure_features.errors import DataContractError, UsageError
from tenure_features.reading.databases import hide_password, is_uri
from tenure_features.reading.engine import Engine, fetch, keep, without_warnings
from tenure_features.reading.headers import read_header
from tenure_features.reading.sources import read_table
from tenure_features.tables.contracts import TABLES

WITHOUT = "none"
"""In the place of a preset's name: read the file as it is."""


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """Tables made of an export.

    Attributes
    ----------
    preset
        What it was recognised as.
    tables
        Rows by table of the contract.
    account
        What was done, in sentences.
    """

    preset: Preset
    tables: Mapping[str, pa.Table] = field(repr=False)
    account: tuple[str, ...]


def recognise_preset(header: Sequence[str]) -> Preset | None:
    """Find the export that a header belongs to; of several the one with most of its columns there.

    Examples
    --------
    >>> recognise_preset(["Name", "Email", "Financial Status", "Total", "Created at", "Lineitem quantity"]).name
    'shopify'
    >>> recognise_preset(["customer_id", "ordered_at", "revenue"])
    """
    fitting = [preset for preset in EXPORTS if preset.fits(header)]
    return max(fitting, key=lambda preset: (len(preset.required), len(preset.match(header))), default=None)


def preset_named(name: str) -> Preset:
    """Give a preset by its name.

    Raises
    ------
    UsageError
        If there is none of that name.
    """
    for preset in EXPORTS:
        if preset.name == name:
            return preset
    raise UsageError(
        f"There is no preset {name!r}.", found=", ".join(preset.name for preset in EXPORTS), fix="Name one of those."
    )


def convert(uri: str, *, name: str | None = None, encoding: str | None = None) -> Conversion | None:
    """Read an export and make tables of the contract of it; None where no preset knows its header.

    Parameters
    ----------
    uri
        A file or a glob of files; tables of databases are read as they are.
    name
        The preset; found by the header where it is None.
    encoding
        How text files are written; found where it is None.

    Raises
    ------
    UsageError
        If the preset has no such name.
    DataContractError
        If the file cannot be read, lacks what the preset needs, or names no customers.
    """
    if name == WITHOUT or (name is None and is_uri(uri)):
        return None
    header = read_header(uri, encoding=encoding)
    preset = recognise_preset(header) if name is None else preset_named(name)
    if preset is None:
        return None
    _require_fit(preset, header, uri)
    backend = Engine().connect()
    raw = read_table(uri, backend, empty=True, encoding=encoding)
    canonical = keep(backend, "canonical", preset.canonical(raw.table))
    account = [f"{hide_password(uri)} was read as: {preset.title}.", *raw.notes]
    if raw.rejected:
        account.append(f"{raw.rejected:,} lines do not fit the header: left out.")
    tables = {}
    for table, rows in make_tables(preset, canonical, account):
        with without_warnings():
            tables[table] = _with_columns(rows.to_pyarrow())
    return Conversion(preset=preset, tables=tables, account=(*account, *preset.notes))


def make_tables(preset: Preset, canonical: ir.Table, account: list[str] | None) -> Iterator[tuple[str, ir.Table]]:
    """Make the tables of a preset of its columns, with the columns of their contracts.

    Parameters
    ----------
    preset
        What the rows are.
    canonical
        Its columns by their keys, in a backend.
    account
        Takes the sentences about what the orders were; None where nobody asks.
    """
    backend = canonical.get_backend()
    for table, build in preset.tables.items():
        rows = keep(backend, f"made_{table}", build(canonical))
        if table == "orders":
            if account is not None:
                account += _account(preset, rows)
            rows = rows.filter(rows.meaning.isin(SALES)) if "meaning" in rows.columns else rows
        yield table, rows.select(*(column for column in rows.columns if column in TABLES[table].columns))


def _require_fit(preset: Preset, header: Sequence[str], uri: str) -> None:
    if not preset.fits(header):
        lacking = [preset.columns[key][0] for key in preset.required if key not in preset.match(header)]
        raise DataContractError(
            f"{uri} is no {preset.title}: it lacks {', '.join(lacking)}.",
            found=", ".join(header),
            fix=f"Export it as {preset.documentation} says, or map its columns.",
        )
    if preset.impossible:
        raise DataContractError(f"{uri} is a {preset.title}: {preset.impossible}", fix=f"See {preset.documentation}.")


def _with_columns(rows: pa.Table) -> pa.Table:
    """Leave out columns that are missing on every row: the export does not have them."""
    remaining = [name for name in rows.column_names if rows[name].null_count < len(rows) or not len(rows)]
    return rows.select(remaining)


def _account(preset: Preset, rows: ir.Table) -> list[str]:
    """Say what the rows were: sales and others, refunds, currencies, what is not the goods'."""
    sentences = []
    if "meaning" in rows.columns:
        counted = fetch(
            rows.group_by("meaning", status=rows.status.fill_null("")).aggregate(rows=rows.count()).order_by("status")
        )
        for kind, words in OUTCOMES.items():
            of_kind = counted[counted["meaning"] == kind]
            if len(of_kind):
                named = ", ".join(sorted({str(status) for status in of_kind["status"] if status})[:6])
                sentences.append(f"{int(of_kind['rows'].sum()):,} {words[0]}{f' ({named})' if named else ''}.")
        unknown = [item for item in counted["status"] if item and str(item).lower() not in preset.statuses]
        if unknown and preset.statuses:
            listed = ", ".join(sorted(set(map(str, unknown)))[:6])
            sentences.append(f"Statuses without a known meaning were taken for: {preset.unknown.english} ({listed}).")
        rows = rows.filter(rows.meaning.isin(SALES))
    return [*sentences, *_amounts(rows)]


def _amounts(rows: ir.Table) -> list[str]:
    figures: dict[str, ir.Scalar] = {"nobody": rows.customer_id.isnull().sum()}
    for name in ("refunded", "left_out"):
        if name in rows.columns:
            figures |= {f"{name}_rows": (rows[name] > 0).sum(), name: rows[name].sum()}
    seen = fetch(rows.aggregate(**figures)).fillna(0).iloc[0]
    sentences = []
    if seen.get("refunded_rows"):
        sentences.append(f"{int(seen['refunded_rows']):,} refunds of {seen['refunded']:,.2f} were taken off.")
    if seen.get("left_out_rows"):
        sentences.append(f"Taxes, shipping and tips of {seen['left_out']:,.2f} are no revenue of the goods: left out.")
    if seen["nobody"]:
        sentences.append(f"{int(seen['nobody']):,} rows name no customer and no e-mail: set aside.")
    if "currency" in rows.columns:
        counted = fetch(rows.group_by("currency").aggregate(rows=rows.count()).order_by("currency")).dropna()
        if len(counted):
            listed = ", ".join(f"{item.currency} ({item.rows:,})" for item in counted.itertuples())
            sentences.append(f"Currencies: {listed}.")
    return sentences

"""``tenure features``: what is computed for a customer, and the table of it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenure import options


def features(
    list_only: Annotated[
        bool, typer.Option("--list", help="Show every feature with its unit and meaning; no orders are needed.")
    ] = False,
    orders: options.Orders = None,
    column: options.Columns = None,
    returns: options.Returns = None,
    as_of: options.AsOf = None,
    active_days: options.ActiveDays = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Parquet file to write.")] = None,
    config: options.ConfigFile = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """List the features, or write them for every customer.

    The file written has one row per customer: a snapshot at --as-of.

    Examples: tenure features --list, or: tenure features --orders orders.csv --as-of 2011-06-11 --out features.parquet
    """
    from tenure.output import emit
    from tenure.snapshot import catalogue_lines, catalogue_rows, write_snapshot

    if list_only:
        from tenure_features import catalogue

        emit("features", catalogue_lines(catalogue()), {"features": catalogue_rows(catalogue())}, as_json=json)
        return
    from tenure.config_file import load_config
    from tenure.progress import open_progress

    asked = {
        "orders": options.log(orders, column, returns=returns),
        "run": options.question(as_of, active_days=active_days),
    }
    settings = load_config(config, overrides=asked)
    with open_progress(quiet=quiet) as progress:
        written = write_snapshot(settings, out, progress=progress)
    line = (
        f"Wrote {written.customers:,} customers and {written.features} features as of {written.as_of} to {written.path}"
    )
    emit("features", [line], written, as_json=json)

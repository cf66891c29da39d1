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
    check: Annotated[
        bool, typer.Option("--check", help="Check the features of --features on a simulated shop; none may read ahead.")
    ] = False,
    page: Annotated[
        Path | None, typer.Option("--page", metavar="FILE", help="Write the list as a Markdown page.")
    ] = None,
    own: options.Features = None,
    orders: options.Orders = None,
    column: options.Columns = None,
    returns: options.ReturnsOption = None,
    trust_customers: options.TrustCustomers = None,
    encoding: options.Encoding = None,
    as_of: options.AsOf = None,
    active_days: options.ActiveDays = None,
    out: Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Parquet file to write.")] = None,
    money: Annotated[
        bool,
        typer.Option("--money", help="Also write what each customer brought and cost: CLV rests on it."),
    ] = False,
    config: options.ConfigFile = None,
    engine: options.EngineOption = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    profile: options.Profile = None,
) -> None:
    """List the features, check your own, or write all of them for every customer.

    The file written has one row per customer: a snapshot at --as-of.

    Examples: tenure features --list, or: tenure features --orders orders.csv --as-of 2011-06-11 --out features.parquet
    """
    from tenure.jobs.features import write_snapshot
    from tenure.output import emit

    if list_only or check or page is not None:
        _about(own or [], check=check, page=page, json=json)
        return
    from tenure.config_file import load_config
    from tenure.jobs.outputs import input_places, require_apart
    from tenure.progress import open_progress

    asked = {
        "orders": options.log(orders, column, returns=returns, trust_customers=trust_customers, encoding=encoding),
        "features": options.own_features(own),
        "engine": options.engine(engine),
        "run": options.question(as_of, active_days=active_days),
    }
    settings = load_config(config, overrides=asked)
    require_apart(out, input_places(settings), results=[config])
    with open_progress(quiet=quiet, profile=profile) as progress:
        written = write_snapshot(settings, out, money=money, progress=progress)
    line = (
        f"Wrote {written.customers:,} customers and {written.features} features as of {written.as_of} to {written.path}"
    )
    emit("features", [line], written, as_json=json)


def _about(own: list[str], *, check: bool, page: Path | None, json: bool) -> None:
    """Answer what needs no orders: the list, its page, and the check of a user's features."""
    from tenure.jobs.features import catalogue_lines, catalogue_rows
    from tenure.jobs.outputs import require_apart
    from tenure.output import emit
    from tenure_features import Catalogue

    require_apart(page, own)
    catalogue = Catalogue().with_files(own)
    if check:
        from tenure.jobs.feature_check import check_features, require_sound

        checked = check_features(catalogue)
        require_sound(checked)
        line = f"{len(checked.features)} features hold: no value changes with rows at or after as_of."
        emit("features", [line], checked, as_json=json)
        return
    if page is not None:
        from tenure.report.feature_page import feature_page

        page.write_text(feature_page(catalogue), encoding="utf-8")
        emit("features", [f"Wrote {len(catalogue)} features to {page}"], {"page": page}, as_json=json)
        return
    emit("features", catalogue_lines(catalogue), {"features": catalogue_rows(catalogue)}, as_json=json)

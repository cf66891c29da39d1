"""``tenure pull``: what changed in a shop, a CRM or an analytics system, into one store."""

from __future__ import annotations

from typing import Annotated

import typer

from tenure import options


def pull(
    source: Annotated[
        str,
        typer.Argument(
            metavar="SOURCE",
            help="shopify, bitrix24, amocrm, salesforce, hubspot, ga4, metrica_logs, klaviyo, or a file.",
        ),
    ],
    into: Annotated[
        str, typer.Option("--into", metavar="STORE", help="A DuckDB file, or postgresql://user@host/database.")
    ] = "tenure.duckdb",
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="What the source must be told, such as shop=mugs; repeat."),
    ] = None,
    url: Annotated[
        str | None, typer.Option("--url", help="Where the API is, if not at its usual place: a proxy, your own server.")
    ] = None,
    full: Annotated[
        bool, typer.Option("--full", help="Read everything again; what is no longer there counts as deleted.")
    ] = False,
    json: options.Json = False,
    quiet: options.Quiet = False,
    profile: options.Profile = None,
) -> None:
    """Read what changed since the last pull into tables that tenure reads, with every change dated.

    Secrets come from the environment (TENURE_SHOPIFY_TOKEN) or the keyring of the system, never from options or files.
    Pulling again changes nothing; a pull that broke off is gone on with.

    Example: tenure pull shopify --set shop=mugs --into shop.duckdb
    """
    import datetime as dt

    from tenure.jobs.pull import pull_job
    from tenure.output import emit
    from tenure.progress import open_progress

    with open_progress(quiet=quiet, profile=profile) as progress, progress.stage(f"Pulling {source}"):
        pulled = pull_job(
            source, into=into, settings=options.column_mapping(settings), url=url, full=full,
            now=dt.datetime.now(dt.UTC),
        )  # fmt: skip
    emit("pull", [*pulled.lines, f"Next: {pulled.next_command}"], pulled.payload, as_json=json)

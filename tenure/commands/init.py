"""``tenure init``: a commented configuration for the files there are."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenure import options


def init(
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]", help="A folder of exports, each recognised by its header, or a store of tenure pull."
        ),
    ] = None,
    orders: options.Orders = None,
    table: Annotated[
        list[str] | None,
        typer.Option("--table", metavar="NAME=FILE", help="A table beside the orders, such as spend=ads.csv; repeat."),
    ] = None,
    encoding: options.Encoding = None,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write.")] = Path("tenure.toml"),
    force: Annotated[bool, typer.Option("--force", help="Write over a file that is there.")] = False,
    json: options.Json = False,
) -> None:
    """Write a commented tenure.toml for your files: what each is, what was mapped, what every status means.

    Example: tenure init exports/
    """
    from tenure.jobs.init import init_job
    from tenure.output import emit

    written = init_job(folder, orders, options.column_mapping(table), encoding=encoding, out=out, force=force)
    payload = {"file": str(written.path), "tables": dict(written.tables), "unknown": list(written.unknown)}
    emit(
        "init",
        [*written.lines, f"Next: {written.next_command}"],
        payload | {"next": written.next_command},
        as_json=json,
    )

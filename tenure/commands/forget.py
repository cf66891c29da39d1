"""``tenure forget``: a customer's erasure."""

from __future__ import annotations

from typing import Annotated

import typer

from tenure import options


def forget(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", help="Ids as they are written in the files.")],
    places: Annotated[
        list[str],
        typer.Option(
            "--in", metavar="PLACE", help="Folder, s3://, duckdb:// or postgresql://...?table=NAME; may be repeated."
        ),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, and change nothing.")] = False,
    json: options.Json = False,
) -> None:
    """Take customers out of scores, identity maps, assignments and frames, and list what was touched.

    Rows of tables, Parquet, CSV and DuckDB files go, pages that name them are removed, and files of other kinds that
    do are named (exit code 4).

    Example: tenure forget C00000042 --in out --in lake
    """
    from tenure.jobs.forget import forget_job
    from tenure.output import emit

    touched = forget_job(ids, places, dry_run=dry_run)
    words = {"rows": "{rows} rows", "file": "the file", "left": "left as it is"}
    lines = [f"{erasure.path}: {words[erasure.outcome].format(rows=erasure.rows)}" for erasure in touched]
    emit("forget", lines, {"dry_run": dry_run, "touched": touched}, as_json=json)

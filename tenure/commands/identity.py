"""``tenure identity``: which source ids are one customer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenure import options


def identity(
    config: options.ConfigFile = None,
    out: options.Out = None,
    as_of: options.AsOf = None,
    previous: Annotated[
        Path | None,
        typer.Option("--previous", metavar="MAP", help="Map of the run before: customer ids stay as they were."),
    ] = None,
    undo: Annotated[
        list[str] | None,
        typer.Option(
            "--undo",
            metavar="CUSTOMER=OTHER",
            help="Take OTHER (a customer id that was merged, or SOURCE:SOURCE_ID) out of CUSTOMER in the --previous "
            "map and keep the two apart from now on; repeat. No identifiers are read.",
        ),
    ] = None,
    engine: options.EngineOption = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    profile: options.Profile = None,
) -> None:
    """Link source ids into customers by the identifiers they share.

    Writes identity_map.parquet, its history, what must stay apart and what the guards held back into --out.

    Examples: tenure identity --config tenure.toml --out ids, or: tenure identity --previous ids --undo C1=C7
    --as-of 2025-01-01 --out ids
    """
    from tenure.config_file import load_config
    from tenure.jobs.identity import identity_job, identity_lines, undo_job
    from tenure.jobs.outputs import input_places, require_apart
    from tenure.output import emit
    from tenure.progress import open_progress

    if undo:
        folder = options.out_folder(out)
        undone = undo_job(previous, undo, as_of=as_of, out=folder)
        emit("identity", identity_lines(undone), undone, as_json=json)
        return
    asked = {
        "run": options.question(as_of, out=out),
        "engine": options.engine(engine),
        "identity": {"previous": previous},
    }
    settings = load_config(config, overrides=asked)
    require_apart(settings.run.out, input_places(settings), results=[config])
    folder = options.out_folder(settings.run.out)
    with open_progress(quiet=quiet, profile=profile) as progress:
        done = identity_job(settings, folder, progress=progress)
    emit("identity", identity_lines(done), done, as_json=json)

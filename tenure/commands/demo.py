"""``tenure demo``: the whole job on a simulated shop."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenure import options


def demo(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the results.")] = Path("tenure-demo"),
    customers: Annotated[int, typer.Option("--customers", min=200, help="Customers of the simulated shop.")] = 3000,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of every random choice.")] = 0,
    json: options.Json = False,
    quiet: options.Quiet = False,
    profile: options.Profile = None,
) -> None:
    """Simulate a shop and run the whole job on it.

    Nothing has to be prepared; it takes two minutes at most.
    """
    from tenure.jobs.demo import demo_job
    from tenure.output import emit
    from tenure.progress import open_progress

    folder = options.out_folder(out)
    with open_progress(quiet=quiet, profile=profile) as progress:
        result = demo_job(folder, customers=customers, seed=seed, progress=progress)
    lines = [*result.lines, "", f"Report: {result.report_path}", f"Next:   {result.next_command}"]
    emit("demo", lines, result, as_json=json)

"""``tenure experiment run``: one scheduled call of standing tests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenure import options


def experiment_run(
    config: Annotated[
        Path, typer.Option("--config", metavar="FILE", help="A tenure.toml with a section [experiments].")
    ],
    scores: options.ScoresPlace = Path("out"),
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder of the tests: each call goes on where the last ended.")
    ] = Path("experiments"),
    seed: options.Seed = None,
    language: options.LanguageOption = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Assign newcomers to standing tests, close what is decided, begin what is worth most to know.

    Made for a scheduler: after each scoring, at the moment of the scores. The same call again changes nothing, and a
    call that was killed is made again.

    Example: tenure experiment run --config tenure.toml --scores out --out experiments
    """
    from tenure.config_file import load_config
    from tenure.jobs.experiment_run import standing_job
    from tenure.jobs.outputs import input_places, require_apart
    from tenure.output import show
    from tenure.progress import open_progress
    from tenure_serving.language import load_language

    settings = load_config(config, overrides={"run": options.question(None, seed=seed)})
    own = {out / "assignments.parquet"}  # the tests' own assignments may be a table of the shop
    places = [place for place in input_places(settings) if Path(str(place)) not in own]
    require_apart(out, places, results=[config, scores])
    spoken = load_language(language or settings.report.language)
    with open_progress(quiet=quiet) as progress:
        result = standing_job(settings, scores=scores, folder=out, progress=progress)
    show("experiment run", result, as_json=json, language=spoken)

"""``tenure powerbi``: scores as a star that Power BI opens."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenure import options


def powerbi(
    scores: options.ScoresPlace = Path("out"),
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Folder for the tables.")] = Path("powerbi"),
    json: options.Json = False,
) -> None:
    """Write scores as a star (a fact, its dimensions) and the .pbids file that opens it in Power BI.

    Example: tenure powerbi --scores out --out powerbi
    """
    from tenure.jobs.powerbi import powerbi_job
    from tenure.output import emit

    written = powerbi_job(scores, out=options.out_folder(out))
    payload = {"file": str(written.file), "tables": dict(written.rows)}
    emit("powerbi", written.lines, payload, as_json=json)

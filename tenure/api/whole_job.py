"""The whole job and a shop to try it on."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd

from tenure.config import Config
from tenure.jobs.results import RunResult
from tenure.jobs.run import run_job
from tenure.progress import SilentProgress
from tenure.stages import Progress


def run(config: Config, out: str | Path, *, progress: Progress | None = None) -> RunResult:
    """Do what ``tenure run`` does: check, train, score, report and register, into a folder.

    Raises
    ------
    TenureError
        With the exit code of its kind.
    """
    return run_job(config, Path(out), progress=progress or SilentProgress())


def simulate_shop(preset: str = "shop", *, customers: int | None = None, seed: int = 0) -> dict[str, pd.DataFrame]:
    """Simulate the tables of a shop, by the names that `tenure.open_shop` takes.

    Parameters
    ----------
    preset
        Kind of shop (`tenure_simulator.PRESETS`).
    customers
        How many; the preset's own number by default.
    seed
        The same seed gives the same tables.

    Examples
    --------
    >>> tables = simulate_shop("tiny", seed=1)
    >>> tables["orders"].columns[:3].tolist()
    ['customer_id', 'ordered_at', 'revenue']
    """
    from tenure_simulator import preset as preset_config
    from tenure_simulator import simulate

    with TemporaryDirectory() as folder:
        written = simulate(preset_config(preset, customers=customers, seed=seed), Path(folder), expectations=False)
        names = [name for name in written.rows if "/" not in name]
        places = {name: place for name in names if (place := _place(Path(folder), name)) is not None}
        return {name: pd.read_parquet(place) for name, place in places.items()}


def _place(folder: Path, name: str) -> Path | None:
    return next((place for place in (folder / f"{name}.parquet", folder / name) if place.exists()), None)

"""The job behind ``tenure score --to``: everybody scored, and the partition put where others read it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tenure.config import Config
from tenure.jobs.results import ScoreResult
from tenure.jobs.score import score_job
from tenure.progress import Progress
from tenure_serving.destinations.publishing import publish


@dataclass(frozen=True, kw_only=True)
class Publication:
    """A partition of scores, and where it lies."""

    place: str
    customers: int
    model_version: str
    as_of: str
    notes: tuple[str, ...]

    @classmethod
    def of(cls, result: ScoreResult, place: str) -> Publication:
        """Tell of scores what matters once they lie elsewhere."""
        return cls(
            place=place,
            customers=result.customers,
            model_version=result.model_version,
            as_of=result.as_of.isoformat(),
            notes=result.notes,
        )


def publish_job(config: Config, model: str, uri: str, *, progress: Progress) -> Publication:
    """Score newer orders and write the partition of their moment to a destination; see `publish`.

    Raises
    ------
    NothingToDoError
        The very same scores are there already.
    TenureError
        As `score_job` and `publish`.
    """
    with TemporaryDirectory(prefix="tenure-scores-") as draft:
        result = score_job(config, model, Path(draft), progress=progress, report=False)
        with progress.stage("Writing the partition"):
            place = publish(Path(draft), uri)
    return Publication.of(result, place)

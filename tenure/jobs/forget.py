"""The job behind ``tenure forget``: customers are taken out of results, and what still names them is told."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tenure_features.errors import NothingToDoError, QualityGateError, UsageError
from tenure_serving.destinations.forgetting import forget_customers
from tenure_serving.destinations.publishing import folder_of
from tenure_serving.erasure import Erasure


def forget_job(ids: Sequence[str], places: Sequence[str | Path], *, dry_run: bool) -> tuple[Erasure, ...]:
    """Take customers out of every file below folders, of every object, and of tables; see `forget_customers`.

    Raises
    ------
    UsageError
        A place does not exist, or an id is empty.
    NothingToDoError
        No file names any of them.
    QualityGateError
        Files of a kind that is not changed here still name one.
    """
    if not all(name.strip() for name in ids):
        raise UsageError("An id is empty.", fix="Give the ids as they are written in the files.")
    for place in map(str, places):
        folder = folder_of(place)
        if folder is not None and not folder.is_dir():  # before anything is changed elsewhere
            raise UsageError("There is no such folder.", found=place)
    touched = tuple(
        erasure for place in places for erasure in forget_customers(str(place), sorted(set(ids)), dry_run=dry_run)
    )
    if not touched:
        raise NothingToDoError("No file names any of them.")
    left = [str(erasure.path) for erasure in touched if erasure.outcome == "left"]
    if left and not dry_run:
        raise QualityGateError(
            "Some files still name a customer.",
            found=", ".join(left),
            fix="They are of kinds that are not changed here: erase or write them again by hand.",
        )
    return touched

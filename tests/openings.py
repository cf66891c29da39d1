"""How often each table is opened while something is done."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tenure_features.reading import sources

READERS = ("tenure_features.tables.opening", "tenure_features.rfm")
"""Modules that call `tenure_features.reading.sources.read_table`."""


@contextmanager
def count_openings(folder: Path) -> Iterator[Counter[str]]:
    """Count, by the name of the file, every call of the one function that reads a table of a folder.

    What a job writes elsewhere and reads back, such as the damaged copies on which it looks for leaks, is not counted.
    """
    counted: Counter[str] = Counter()
    read = sources.read_table

    def counting(uri: Any, *arguments: Any, **options: Any) -> Any:
        counted.update([Path(str(uri)).stem] if Path(str(uri)).parent == folder else [])
        return read(uri, *arguments, **options)

    with pytest.MonkeyPatch.context() as patch:
        for module in READERS:
            patch.setattr(f"{module}.read_table", counting)
        yield counted

"""Exit codes and messages: what a scheduler acts on and what a person reads."""

from __future__ import annotations

import errno

import pytest

from tenure_features.errors import (
    DataContractError,
    DependencyUnavailableError,
    NothingToDoError,
    QualityGateError,
    UsageError,
)
from tenure_serving.failure import describe_failure


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (UsageError("No."), 2, "No."),
        (DataContractError("Bad.", found="x", fix="Mend it."), 3, "Bad. Found: x. Mend it."),
        (QualityGateError("Weak."), 4, "Weak."),
        (DependencyUnavailableError("Away."), 5, "Away."),
        (NothingToDoError("Done."), 99, "Done."),
        (FileNotFoundError(errno.ENOENT, "No such file or directory", "a.csv"), 2, "a.csv: No such file or directory."),
        (PermissionError(errno.EACCES, "Permission denied", "out"), 2, "out: Permission denied."),
        (OSError(errno.ENOSPC, "No space left on device", "out"), 5, "out: No space left on device. Free some space"),
        (TimeoutError("timed out"), 5, "timed out. Try again."),
        (MemoryError(), 5, "The machine ran out of memory."),
        (KeyError("lateness"), 1, "This is a bug in Tenure, not in your data (KeyError: 'lateness')."),
        (ValueError(), 1, "(ValueError: no message). Run the same command with --debug for the traceback"),
    ],
)
def test_failure__code_and_message(error: Exception, code: int, message: str) -> None:
    failure = describe_failure(error)
    assert failure.exit_code == code
    assert message in failure.message


def test_failure__of_the_engine_or_the_store_is_no_bug() -> None:
    import duckdb
    from sqlalchemy.exc import OperationalError

    with duckdb.connect(":memory:", config={"memory_limit": "4MB", "threads": 1}) as engine:
        engine.execute("SET temp_directory = ''")
        with pytest.raises(duckdb.OutOfMemoryException) as full:
            engine.execute("SELECT list(i) FROM range(10_000_000) t(i)").fetchall()
    locked = OperationalError("UPDATE runs", {}, Exception("database is locked"))
    for error, sentence in (
        (full.value, "raise memory_limit under [engine]"),
        (locked, "The store of MLflow is locked"),
    ):
        failure = describe_failure(error)
        assert (failure.exit_code, sentence in failure.message) == (5, True)

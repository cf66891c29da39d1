"""The Spark session a log is opened on: the active one, or a local one."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tenure_features.errors import DependencyUnavailableError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SHUFFLE_PARTITIONS = 8
"""Of a local session; a cluster's own session brings its own."""


def connect_spark(*, threads: int, memory: str, temp_directory: Path | None) -> Any:  # noqa: ANN401
    """Open an Ibis backend on the active Spark session, or on a local one where there is none.

    Views made on it are its own: the session is a child of the active one, so two logs do not meet.

    Parameters
    ----------
    threads
        Threads of a local session.
    memory
        What the process of a local session may hold, such as ``"2GB"``.
    temp_directory
        Where a local session spills.

    Raises
    ------
    DependencyUnavailableError
        If pyspark is not installed, or there is no Java to start a local session with.
    """
    import ibis

    try:
        from pyspark.sql import SparkSession
    except ImportError as problem:
        raise DependencyUnavailableError(
            "Spark is not installed.", found=str(problem), fix="Install it with: pip install 'tenure[spark]'."
        ) from problem
    active = SparkSession.getActiveSession() or _local(SparkSession, threads, memory, temp_directory)
    own = active.newSession()
    # A child starts from the defaults of the context, not from what was set on its parent.
    own.conf.set("spark.sql.shuffle.partitions", active.conf.get("spark.sql.shuffle.partitions") or "")
    return ibis.pyspark.connect(own)


def _local(builder: type[SparkSession], threads: int, memory: str, temp_directory: Path | None) -> SparkSession:
    settings = {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": memory.lower().removesuffix("b"),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(SHUFFLE_PARTITIONS),
        **({"spark.local.dir": str(temp_directory)} if temp_directory else {}),
    }
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # or functions run in whatever python3 there is
    builder_ = builder.builder.appName("tenure").master(f"local[{threads}]")
    for name, value in settings.items():
        builder_ = builder_.config(name, value)
    try:
        session: SparkSession = builder_.getOrCreate()
    except Exception as problem:  # pyspark has no name of its own for a missing Java
        raise DependencyUnavailableError(
            "Spark could not be started.",
            found=str(problem).split("\n")[0],
            fix="Install a JDK of version 17 or later, or run inside a Spark session.",
        ) from problem
    return session

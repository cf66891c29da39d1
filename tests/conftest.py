"""What every test gets: quiet threads, reproducible hypothesis, an MLflow store of its own, the real logs if any."""

from __future__ import annotations

import gc
import importlib.metadata
import os
import shutil
import sys
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# Before the first import of xgboost: two spinning OpenMP threads on two busy cores are 25 times slower than one.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # read when numpy is loaded: its threads wait spinning, too
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["COLUMNS"] = "100"  # help texts wrap at the width of the terminal

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

gc.set_threshold(50_000, 20, 50)  # expressions are trees of small objects: at 2,000 it takes a tenth of the time

settings.register_profile("tenure", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("tenure")

REPOSITORY = Path(__file__).resolve().parents[1]
BYTECODE = REPOSITORY / ".pytest_cache" / "bytecode"
if sys.dont_write_bytecode:  # a hundred processes would compile what they import, for ten seconds where MLflow is used
    sys.dont_write_bytecode = False
    sys.pycache_prefix = os.environ["PYTHONPYCACHEPREFIX"] = str(BYTECODE)  # still nothing lies beside the sources
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

LONG_TESTS = (
    "tests/tenure/test_killed_commands.py",
    "tests/notebooks/",
    "tests/quality/test_wheel.py",
    "tests/tenure/report/",
    "tests/tenure/",
    "tests/training/",
    "tests/features/reading/test_engine.py",
    "tests/quality/",
)
"""Begun first, in this order."""

ALONE = {
    "tests/features/reading/test_engine.py",
    "tests/tenure",
    "tests/tenure/jobs",
    "tests/quality",
    "tests/decisions/campaigns",
    "tests/features/tables",
}

FAST_TESTS = (
    "tests/decisions/campaigns/",
    "tests/decisions/customers/",
    "tests/decisions/economics/",
    "tests/features/families/",
    "tests/features/tables/test_duplicates.py",
    "tests/features/tables/test_mapping.py",
    "tests/features/tables/test_orders.py",
    "tests/features/tables/test_parsing.py",
    "tests/features/tables/test_readiness.py",
    "tests/quality/test_dependencies.py",
    "tests/quality/test_docs.py",
    "tests/quality/test_files.py",
    "tests/quality/test_imports.py",
    "tests/serving/segments/",
    "tests/tenure/test_config.py",
    "tests/tenure/test_options.py",
    "tests/tenure/test_output.py",
    "tests/training/test_labels.py",
    "tests/training/test_metrics",
    "tests/training/test_windows.py",
)
"""Tests of formulas, tables and rules, marked ``fast``: none trains a model, starts a server or a process."""
TRAINING_AMONG_THEM = "tests/decisions/campaigns/test_uplift.py"
COSTLY_FIXTURES = {"spark", "shop_study"}


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the checkout."""
    return REPOSITORY


@pytest.fixture(scope="session", autouse=True)
def mlflow_store(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Send whatever a test tracks to a store that is thrown away, never to ``mlruns/`` of the checkout."""
    uri = f"sqlite:///{tmp_path_factory.mktemp('mlflow') / 'mlflow.db'}"
    os.environ["MLFLOW_TRACKING_URI"] = uri
    return uri


@pytest.fixture(scope="session")
def new_store(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Path], str]:
    """Lay out an empty MLflow store in a folder, and return its URI: all are copies of one that all workers share.

    MLflow takes five seconds to bring an empty file through the history of its tables.
    """
    session = tmp_path_factory.getbasetemp()
    root = session.parent if "PYTEST_XDIST_WORKER" in os.environ else session

    def lay_out(folder: Path) -> str:
        from tenure_training.tracking.store import Store

        Store.at(f"sqlite:///{root / 'empty_store' / 'mlflow.db'}")  # made once, under a lock
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copy(root / "empty_store" / "mlflow.db", folder / "mlflow.db")
        return f"sqlite:///{folder / 'mlflow.db'}"

    return lay_out


@pytest.fixture(scope="session")
def cdnow() -> Path:
    """The folder of the published CDNOW logs: data files of the ``lifetimes`` wheel, whose code is not imported."""
    return Path(str(importlib.metadata.distribution("lifetimes").locate_file("lifetimes/datasets")))


@pytest.fixture(scope="session")
def online_retail() -> Path:
    """Online Retail, which no package carries: in ``TENURE_DATA``, or ``../shared/data`` beside the checkout."""
    return real_log_at("Online Retail", "online_retail/online_retail_to_2011-09-09.parquet")


@pytest.fixture(scope="session")
def hillstrom() -> Path:
    """The e-mail test of 64,000 customers in three arms (Hillstrom 2008), which no package carries either."""
    return real_log_at("Hillstrom's e-mail test", "hillstrom/hillstrom.parquet")


def real_log_at(name: str, place: str) -> Path:
    """Find a log that is not part of the repository."""
    path = Path(os.environ.get("TENURE_DATA", REPOSITORY.parent / "shared" / "data")) / place
    if not path.is_file():
        pytest.skip(f"{name} is not part of the repository and not at {path}; set TENURE_DATA to its folder.")
    return path


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A local Spark, started once; `tenure_features.Engine("spark")` finds it as the active session."""
    if shutil.which("java") is None and "JAVA_HOME" not in os.environ:
        pytest.skip("There is no Java to start Spark with; install a JDK of version 17 or later.")
    from pyspark.sql import SparkSession

    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # or functions run in whatever python3 there is
    builder = SparkSession.builder.master("local[2]").appName("tests")
    for name, value in {
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "1g",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": str(tmp_path_factory.mktemp("warehouse")),
        # Tests hold hundreds of rows: code generation would take longer than it saves.
        "spark.sql.codegen.wholeStage": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.adaptive.enabled": "false",
    }.items():
        builder = builder.config(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pyspark 4.3 warns of pandas 3, which it supports
        session = builder.getOrCreate()
        session.sparkContext.setLogLevel("ERROR")
    yield session
    session.stop()


class FolderScheduling(LoadScopeScheduling):
    """Sends all tests of a folder to one worker, so that what they share is made once.

    Files of `ALONE`, or in a folder of it, share nothing with others: one that starts Spark, and long ones.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = Path(nodeid.partition("::")[0])
        return str(path if path.as_posix() in ALONE or path.parent.as_posix() in ALONE else path.parent)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the fast tests, and begin with the folders of few but long ones, or a worker is left alone with one."""
    for item in items:
        costly = COSTLY_FIXTURES.intersection(getattr(item, "fixturenames", ())) or item.get_closest_marker("slow")
        if item.nodeid.startswith(FAST_TESTS) and not item.nodeid.startswith(TRAINING_AMONG_THEM) and not costly:
            item.add_marker("fast")
    items.sort(key=lambda item: next((n for n, long in enumerate(LONG_TESTS) if item.nodeid.startswith(long)), 99))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Import nothing for ``-m fast`` but what can hold fast tests: to import everything takes as long as they do."""
    if config.option.markexpr != "fast" or not collection_path.is_relative_to(REPOSITORY):
        return None
    inside = collection_path.relative_to(REPOSITORY).as_posix() + ("/" if collection_path.is_dir() else "")
    return None if inside.startswith(FAST_TESTS) or any(name.startswith(inside) for name in FAST_TESTS) else True


def pytest_unconfigure(config: pytest.Config) -> None:
    """Keep no bytecode of what tests wrote and installed themselves: their folders have another name every time."""
    if not hasattr(config, "workerinput"):
        temporary = Path(tempfile.gettempdir()).resolve()
        shutil.rmtree(BYTECODE / temporary.relative_to(temporary.anchor), ignore_errors=True)


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One worker more than processors: they often wait for a process they started, or for Java; fast tests do not.

    Each takes twenty seconds to import what is tested, and with two more all are a quarter slower.
    """
    return (os.cpu_count() or 1) + (config.option.markexpr != "fast")


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Decide which tests share a worker."""
    return FolderScheduling(config, log)

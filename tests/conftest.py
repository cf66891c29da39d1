"""What every test gets: quiet threads, reproducible hypothesis, an MLflow store of its own, the real logs if any."""

from __future__ import annotations

import os
from pathlib import Path

# Before the first import of xgboost: two spinning OpenMP threads on two busy cores are 25 times slower than one.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
os.environ["COLUMNS"] = "100"  # help texts wrap at the width of the terminal

import pytest
from hypothesis import settings

settings.register_profile("tenure", deadline=None, derandomize=True, max_examples=50)
settings.load_profile("tenure")

REPOSITORY = Path(__file__).resolve().parents[1]


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
def real_logs() -> Path:
    """The folder of the real order logs: ``TENURE_DATA``, or ``../shared/data`` beside the checkout."""
    folder = Path(os.environ.get("TENURE_DATA", REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(
            f"The real logs are not part of the repository and not at {folder}; set TENURE_DATA to their folder."
        )
    return folder

"""The wheel, installed where the checkout cannot be seen, does the main job."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.slow

PACKAGES = (
    "tenure", "tenure_features", "tenure_training", "tenure_serving", "tenure_decisions", "tenure_simulator",
    "tenure_connectors",
)  # fmt: skip
UV = os.environ.get("UV") or shutil.which("uv")  # uv names itself in what it runs
HIDDEN = ("PYTHONPATH", "VIRTUAL_ENV", "MLFLOW_TRACKING_URI", "TENURE_DATA", "UV_PROJECT_ENVIRONMENT")
# Modules that need an extra say so when they are used, so all of them import.
IMPORT_ALL = f"""
import importlib, pathlib, pkgutil, sys
names = [
    module.name
    for package in {PACKAGES}
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, package + ".")
    if not module.name.endswith("__main__")
]
homes = {{pathlib.Path(importlib.import_module(name).__file__).is_relative_to(sys.prefix) for name in names}}
assert homes == {{True}}, homes
print(len(names))
"""
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in HIDDEN}


@dataclass(frozen=True)
class Installed:
    """The command of the installed wheel, and the folder it is called in."""

    command: Path
    folder: Path

    def __call__(self, *arguments: object) -> str:
        return run(self.command, *arguments, cwd=self.folder)


def run(*command: object, cwd: Path) -> str:
    """Run a command in a folder, and show everything it said if it fails."""
    words = [str(word) for word in command]
    ran = subprocess.run(words, cwd=cwd, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, f"{' '.join(words)} exited with {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    return ran.stdout


@pytest.fixture(scope="module")
def wheel(repository: Path, project_files: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build from a copy of the committed files: a build leaves folders behind, and stray files must not get in."""
    if UV is None:
        pytest.fail("uv is not on the PATH; install it with: python3 -m pip install uv")
    source = tmp_path_factory.mktemp("source")
    for path in project_files:
        target = source / path.relative_to(repository)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    run(UV, "build", "--wheel", "--python", sys.executable, "--out-dir", source / "dist", cwd=source)
    return next((source / "dist").glob("tenure-*.whl"))


@pytest.fixture(scope="module")
def tenure(wheel: Path, repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Install the wheel into a clean environment with the project's own pins, and give its command."""
    folder = tmp_path_factory.mktemp("elsewhere")
    settings = tomllib.loads((repository / "pyproject.toml").read_text())["tool"]["uv"]
    (folder / "overrides.txt").write_text("\n".join(settings["override-dependencies"]))
    python = folder / "venv" / "bin" / "python"
    run(UV, "venv", "--python", sys.executable, folder / "venv", cwd=folder)
    run(
        UV, "pip", "install", "--python", python, "--exclude-newer", settings["exclude-newer"],
        "--override", folder / "overrides.txt", wheel, cwd=folder,
    )  # fmt: skip
    work = folder / "work"
    work.mkdir()
    return Installed(python.parent / "tenure", work)


def test_wheel__holds_every_package_with_its_types_and_the_licence(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.partition("/")[0] for name in names if not name.startswith("tenure-")} == set(PACKAGES)
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(names)
    assert any(name.endswith("licenses/LICENSE") for name in names)


def test_wheel__every_module_imports_with_the_declared_dependencies_alone(tenure: Installed) -> None:
    imported = run(tenure.command.parent / "python", "-W", "error::ImportWarning", "-c", IMPORT_ALL, cwd=tenure.folder)
    assert int(imported) > 50


def test_wheel__runs_the_main_job_outside_the_checkout(tenure: Installed) -> None:
    assert "Usage: tenure" in tenure("--help")
    tenure("simulate", "--preset", "tiny", "--customers", "300", "--seed", "1", "--out", "shop")
    assert json.loads(tenure("check", "--config", "shop/tenure.toml", "--json"))["command"] == "check"
    quick = ("--horizon", "30", "--candidate", "recency", "--candidate", "bgnbd")
    done = json.loads(tenure("run", "--config", "shop/tenure.toml", *quick, "--out", "out", "--json"))
    assert done["customers"] == 300
    assert (tenure.folder / "mlruns" / "mlflow.db").is_file()
    customer = pq.read_table(tenure.folder / "out" / "scores.parquet")["customer_id"][0].as_py()
    assert f"Customer {customer} as of" in tenure("explain", customer, "--scores", "out")

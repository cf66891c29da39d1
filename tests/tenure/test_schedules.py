"""The examples for cron, Airflow and Dagster ask for what the command takes, and read its exit codes right.

Airflow and Dagster are no dependencies: what they pin would bind ours. Here the two files run against stand-ins of the
few names they import, which shows what they ask for and not that those names are right; `benchmarks/schedules.py` runs
them with the real ones in an environment of their own.
"""

from __future__ import annotations

import json
import os
import re
import runpy
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, Self

import pytest
import typer

from tenure.cli import app

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "schedules"


def require_known(words: list[str]) -> None:
    """Fail where a command line has an option that ``tenure score`` has not."""
    score = typer.main.get_command(app).commands["score"]  # type: ignore[attr-defined]
    known = {spelling for option in score.params for spelling in (*option.opts, *option.secondary_opts)}
    assert words[:2] == ["tenure", "score"]
    assert {word for word in words if word.startswith("--")} <= known
    assert {"--as-of", "--to", "--config"} <= set(words)


@pytest.fixture
def answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Callable[[], list[list[str]]]]:
    """``answer(5, 0)`` puts a ``tenure`` on the path that exits so, call by call; gives what it was called with."""

    def stand_in(*codes: int, said: str = "") -> Callable[[], list[list[str]]]:
        log, tool = tmp_path / "calls", tmp_path / "bin" / "tenure"
        (tmp_path / "codes").write_text("\n".join(map(str, codes)))
        tool.parent.mkdir(exist_ok=True)
        tool.write_text(
            f"#!/bin/sh\necho \"tenure $*\" >> {log}\necho '{said}'\n"
            f'exit $(sed -n "$(wc -l < {log})p" {tmp_path / "codes"})\n'
        )
        tool.chmod(tool.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setenv("PATH", f"{tool.parent}:{os.environ['PATH']}")
        return lambda: [line.split() for line in log.read_text().splitlines()]

    return stand_in


@pytest.mark.parametrize(
    ("codes", "end"), [((0,), 0), ((99,), 0), ((5, 5, 0), 0), ((5, 5, 5), 5), ((3,), 3), ((5, 4), 4)]
)
def test_cron__tries_again_what_is_worth_it_and_takes_nothing_to_do_for_a_success(
    codes: tuple[int, ...], end: int, answer: Any
) -> None:
    calls = answer(*codes)
    ran = subprocess.run([FOLDER / "score.sh", "2024-05-01"], env={**os.environ, "TENURE_PAUSE_S": "0"}, check=False)
    assert ran.returncode == end
    assert len(calls()) == len(codes)
    for words in calls():
        require_known(words)
        assert words[words.index("--as-of") + 1] == "2024-05-01"


def test_airflow__scores_as_of_the_run_and_skips_where_nothing_is_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    class Dag:
        def __init__(self, **settings: Any) -> None:
            asked["dag"] = settings

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

    names = ["airflow", "airflow.sdk", *(f"airflow.providers{rest}" for rest in ("", ".standard"))]
    for name in (*names, "airflow.providers.standard.operators", "airflow.providers.standard.operators.bash"):
        module = ModuleType(name)
        vars(module).update(DAG=Dag, BashOperator=asked.update)
        monkeypatch.setitem(sys.modules, name, module)
    runpy.run_path(str(FOLDER / "airflow_dag.py"))
    assert asked["dag"]["max_active_runs"] == 1
    assert asked["skip_on_exit_code"] == 99
    command = re.sub(r"\{\{ data_interval_end \| ds \}\}", "2024-05-01", asked["bash_command"])
    require_known(command.split())


def test_dagster__tells_what_was_written_and_what_is_worth_another_try(
    monkeypatch: pytest.MonkeyPatch, answer: Any
) -> None:
    class RetryRequested(Exception):  # noqa: N818  # Dagster's own name
        pass

    class Failure(Exception):  # noqa: N818  # likewise
        pass

    dagster = ModuleType("dagster")
    vars(dagster).update(
        asset=lambda **_: lambda function: function,
        DailyPartitionsDefinition=SimpleNamespace,
        AssetExecutionContext=object,
        MaterializeResult=SimpleNamespace,
        RetryRequested=type("Retry", (RetryRequested,), {"__init__": lambda self, **_: None}),
        Failure=type("Failed", (Failure,), {"__init__": lambda self, **about: Failure.__init__(self, about)}),
        Definitions=lambda **_: None,
        build_schedule_from_partitioned_job=lambda job: job,
        define_asset_job=lambda name, selection: (name, selection),
    )
    monkeypatch.setitem(sys.modules, "dagster", dagster)
    scores = runpy.run_path(str(FOLDER / "dagster_assets.py"))["tenure_scores"]
    context = SimpleNamespace(partition_key="2024-05-01", log=SimpleNamespace(info=lambda _: None))
    said = {"place": "/lake/as_of=2024-05-01", "customers": 7, "model_version": "ab"}
    calls = answer(0, 99, 5, 3, said=json.dumps(said))
    assert scores(context).metadata == said | {"written": True}
    assert scores(context).metadata == {"written": False}
    with pytest.raises(RetryRequested):
        scores(context)
    with pytest.raises(Failure):
        scores(context)
    for words in calls():
        require_known(words)

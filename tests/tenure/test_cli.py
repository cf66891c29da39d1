"""The command line: what it asks of the pipeline, where its answers go, and how it fails."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tenure import __version__
from tenure.commands import COMMANDS
from tenure.config import EconomicsConfig, EngineConfig, IdentityConfig, SegmentsConfig, TuningConfig
from tenure.config_experiments import ExperimentsConfig
from tenure_features.errors import DataContractError, QualityGateError

Call = Callable[..., Any]

HEAVY = frozenset(
    (
        "altair",
        "duckdb",
        "ibis",
        "mlflow",
        "numpy",
        "optuna",
        "pandas",
        "pyarrow",
        "scipy",
        "shap",
        "sklearn",
        "xgboost",
    )
)


def test_help__shows_every_command_and_imports_nothing_heavy() -> None:
    script = (
        "import sys; from tenure.cli import main\n"
        "try: main(['--help'])\n"
        "finally: sys.stderr.write(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    ran = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    commands = [line.split()[0] for line in ran.stdout.partition("Commands:")[2].splitlines() if line.strip()]
    assert commands == list(dict.fromkeys(each.__name__.partition("_")[0] for each in COMMANDS))
    assert HEAVY.isdisjoint(ran.stderr.split())


def test_version__is_printed(call: Call) -> None:
    assert call("--version").out == f"tenure {__version__}\n"


@pytest.mark.parametrize("arguments", [["runn"], ["run", "--orderz", "x"], ["run", "--horizon", "ninety"], ["explain"]])
def test_usage__what_cannot_be_parsed_exits_with_2(call: Call, arguments: list[str]) -> None:
    failed = call(*arguments)
    assert (failed.code, failed.out) == (2, "")
    assert "Error" in failed.err


RUN = ["run", "--orders", "orders.csv", "--as-of", "2011-06-11", "--horizon", "90"]


def test_run__options_reach_the_pipeline(call: Call, pipeline: Any, tmp_path: Path) -> None:
    done = call(
        *RUN, "--column", "customer_id=CustomerID", "--column", "revenue=Quantity * UnitPrice", "--returns", "drop",
        "--currency", "GBP", "--active-days", "365", "--seed", "3", "--candidate", "zero", "--candidate", "recency",
        "--tracking-uri", "sqlite:///a.db", "--experiment", "shop", "--no-register", "--out", tmp_path / "out",
        "--previous", "earlier", "--features", "mine.py",
    )  # fmt: skip
    assert done.code == 0
    assert pipeline.asked["out"] == tmp_path / "out"
    assert pipeline.asked["config"].model_dump(by_alias=True) == {
        "orders": {
            "uri": "orders.csv",
            "columns": {"customer_id": "CustomerID", "revenue": "Quantity * UnitPrice"},
            "encoding": None,
            "preset": None,
            "returns": "drop",
            "currency": "GBP",
            "trust_customers": False,
        },
        "tables": {},
        "features": {"files": ("mine.py",)},
        "calendar": None,
        "run": {
            "as_of": dt.datetime(2011, 6, 11),
            "horizon_days": 90,
            "active_days": 365,
            "seed": 3,
            "candidates": ("zero", "recency"),
            "out": tmp_path / "out",
            "allow_gap": False,
            "previous": Path("earlier"),
        },
        "models": {"use": (), "most_customers": None},
        "season": {"expected": 1.0, "months": {}},
        "report": {"language": "en"},
        "engine": EngineConfig().model_dump(),
        "segments": SegmentsConfig().model_dump(),
        "tuning": TuningConfig().model_dump(),
        "identity": IdentityConfig().model_dump(),
        "economics": EconomicsConfig().model_dump(),
        "experiments": ExperimentsConfig().model_dump(),
        "tracking": {"uri": "sqlite:///a.db", "experiment": "shop", "register": False},
    }


def test_run__result_on_stdout_everything_else_on_stderr(call: Call, pipeline: Any, tmp_path: Path) -> None:
    done = call(*RUN, "--currency", "GBP", "--out", tmp_path)
    assert done.out.splitlines()[:3] == [
        "1,234 customers as of 2011-06-11, for the next 90 days:",
        "  567 are at risk of leaving (high risk, or a warning sign): 8,902 GBP is at stake",
        "  23,457 GBP is expected from all of them together",
    ]
    assert "Model: recency (lowest log-loss on 3 origins)" in done.out
    assert "recency 0.750" in " ".join(done.out.split())
    assert "a library prints to standard output" in done.err
    assert "Working" in done.err


def test_run__json_is_one_object(call: Call, pipeline: Any, tmp_path: Path) -> None:
    done = call(*RUN, "--out", tmp_path, "--json", "--quiet")
    result = json.loads(done.out)
    assert done.err.splitlines() == ["a library prints to standard output"]
    assert (result["schema_version"], result["command"], result["at_risk"]) == (1, "run", 567)
    assert result["backtest"] == [{"candidate": "zero", "auroc": 0.5}, {"candidate": "recency", "auroc": 0.75}]


def test_run__tables_of_the_configuration_reach_the_pipeline(call: Call, pipeline: Any, tmp_path: Path) -> None:
    file = tmp_path / "tenure.toml"
    file.write_text('[orders]\nuri = "orders.csv"\n[tables.events]\nuri = "events.csv"\n[run]\nout = "out"\n')
    done = call("run", "--config", file)
    assert done.code == 0
    assert pipeline.asked["out"] == tmp_path / "out"
    assert {name: table.uri for name, table in pipeline.asked["config"].tables.items()} == {
        "events": str(tmp_path / "events.csv")
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run"], "No order log is named."),
        (["run", "--orders", "orders.csv"], "No folder for the results is named."),
        ([*RUN, "--horizon", "0"], "run.horizon_days should be greater than or equal to 1. Found: 0."),
        ([*RUN, "--horizon", "4000"], "run.horizon_days should be less than or equal to 3650. Found: 4000."),
        ([*RUN, "--as-of", "11.06.2011"], "'11.06.2011' is not a date; write it as YYYY-MM-DD"),
        ([*RUN, "--column", "customer=x"], "There is no column of orders called 'customer'. Did you mean"),
        ([*RUN, "--config", "nowhere.toml"], "There is no configuration file nowhere.toml."),
    ],
)
def test_run__a_wrong_call_exits_with_2_before_anything_is_done(
    call: Call, pipeline: Any, arguments: list[str], said: str
) -> None:
    failed = call(*arguments)
    assert (failed.code, failed.out, pipeline.asked) == (2, "", {})
    assert failed.err.startswith("tenure: ")
    assert said in failed.err


@pytest.mark.parametrize(("error", "code"), [(DataContractError("Bad."), 3), (QualityGateError("Weak."), 4)])
def test_run__an_error_carries_its_code(call: Call, pipeline: Any, tmp_path: Path, error: Exception, code: int) -> None:
    pipeline.error = error
    failed = call(*RUN, "--out", tmp_path, "--json")
    assert failed.code == code
    assert json.loads(failed.out) == {
        "schema_version": 1, "command": "error", "exit_code": code, "kind": type(error).__name__, "message": str(error),
    }  # fmt: skip


def test_run__a_bug_exits_with_1_and_shows_its_traceback_on_demand(call: Call, pipeline: Any, tmp_path: Path) -> None:
    pipeline.error = ZeroDivisionError("division by zero")
    failed = call(*RUN, "--out", tmp_path)
    assert (failed.code, failed.out) == (1, "")
    assert "This is a bug in Tenure, not in your data (ZeroDivisionError: division by zero)." in failed.err
    assert "Traceback" not in failed.err
    assert "Traceback" in call(*RUN, "--out", tmp_path, "--debug").err


def test_score__asks_for_the_champion_unless_told(call: Call, pipeline: Any, tmp_path: Path) -> None:
    assert call("score", "--orders", "newer.csv", "--out", tmp_path).code == 0
    assert pipeline.asked["model"] == "models:/tenure-scorer@champion"
    done = call("score", "--model", "models:/tenure-scorer/3", "--orders", "newer.csv", "--out", tmp_path)
    assert pipeline.asked["model"] == "models:/tenure-scorer/3"
    assert "Model:  version 7" in done.out


def test_backtest__prints_the_table_and_the_winner(call: Call, pipeline: Any) -> None:
    done = call("backtest", "--orders", "orders.csv", "--horizon", "90")
    assert done.code == 0
    assert "Winner: recency (lowest log-loss on 3 origins)" in done.out


def test_demo__prints_conclusions_the_report_and_what_to_type_next(call: Call, pipeline: Any, tmp_path: Path) -> None:
    done = call("demo", "--out", tmp_path / "demo", "--customers", "500", "--seed", "4")
    assert (pipeline.asked["customers"], pipeline.asked["seed"]) == (500, 4)
    assert done.out.splitlines() == [
        "567 of 1,234 customers are about to leave.",
        "",
        "Report: out/report.html",
        "Next:   tenure run --orders orders.csv --out out",
    ]


def test_output__a_reader_that_goes_away_is_no_bug() -> None:
    script = (
        "import sys; from tenure.output import emit; from tenure.cli import app, main\n"
        "@app.command()\n"
        "def talk():\n"
        "    sys.stdin.readline()\n"
        "    emit('talk', ['line'], {}, as_json=False)\n"
        "main(['talk'])"
    )
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    buffered = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    with subprocess.Popen([sys.executable, "-c", script], env=buffered, **pipes) as talker:
        talker.stdout.close()
        assert talker.communicate(b"\n")[1] == b""
    assert talker.returncode == 1

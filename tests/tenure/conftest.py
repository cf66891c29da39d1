"""Calling the command line inside the test process, and a pipeline that answers at once."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from tenure.cli import main
from tenure_training.next_order_evaluation import dates_table


@dataclass(frozen=True)
class Call:
    """What one call of the command line left behind."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Result:
    """Has every field that the results of the pipeline have."""

    out: Path
    scores_path: Path = Path("out/scores.parquet")
    report_path: Path = Path("out/report.html")
    manifest_path: Path = Path("out/manifest.json")
    champion: str = "recency"
    champion_reason: str = "lowest log-loss on 3 origins"
    customers: int = 1234
    at_risk: int = 567
    money_at_risk: float = 8901.5
    expected_value: float = 23456.78
    currency: str | None = None
    backtest: pd.DataFrame = field(
        default_factory=lambda: pd.DataFrame({"candidate": ["zero", "recency"], "auroc": [0.5, 0.75]})
    )
    model_version: str = "7"
    as_of: dt.datetime = dt.datetime(2011, 6, 11)
    horizon_days: int = 90
    tracking_uri: str = "sqlite:///mlruns/mlflow.db"
    notes: tuple[str, ...] = ()
    audit: tuple[Any, ...] = ()
    dates: pd.DataFrame = field(default_factory=lambda: dates_table([], []))
    lines: tuple[str, ...] = ("567 of 1,234 customers are about to leave.",)
    next_command: str = "tenure run --orders orders.csv --out out"


@dataclass
class FakePipeline:
    """Remembers what it was asked, and answers or fails."""

    asked: dict[str, Any] = field(default_factory=dict)
    error: Exception | None = None

    def answer(self, **asked: Any) -> Result:
        self.asked = asked
        with asked["progress"].stage("Working"):
            asked["progress"].advance(1, 2)
            print("a library prints to standard output")
        if self.error:
            raise self.error
        currency = asked["config"].orders.currency if "config" in asked else None
        return Result(out=asked.get("out", Path("out")), currency=currency)


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> FakePipeline:
    """Stand in for the jobs: the commands are tested for what they ask and what they print."""
    fake = FakePipeline()
    jobs = {
        "run_job": lambda config, out, *, progress: fake.answer(config=config, out=out, progress=progress),
        "score_job": lambda config, model, out, *, progress, report: fake.answer(
            config=config, model=model, out=out, progress=progress, report=report
        ),
        "backtest_job": lambda config, *, progress: fake.answer(config=config, progress=progress),
    }
    for name in ("run", "score", "backtest", "audit"):
        module = ModuleType(f"tenure.jobs.{name}")
        vars(module).update(jobs)
        monkeypatch.setitem(sys.modules, module.__name__, module)
    demo = ModuleType("tenure.jobs.demo")
    vars(demo).update(
        demo_job=lambda out, *, customers, seed, progress: fake.answer(
            out=out, customers=customers, seed=seed, progress=progress
        ),
        DemoResult=Result,
    )
    monkeypatch.setitem(sys.modules, "tenure.jobs.demo", demo)
    return fake


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Callable[..., Call]:
    """Call ``tenure`` with arguments and catch its exit code and both streams."""

    def run(*arguments: object) -> Call:
        with pytest.raises(SystemExit) as stopped:
            main([str(argument) for argument in arguments])
        captured = capsys.readouterr()
        code = stopped.value.code
        return Call(code if isinstance(code, int) else 0, captured.out, captured.err)

    return run

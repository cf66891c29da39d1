"""A setting that names nothing is found by ``check``, and by ``run``, ``score`` and ``backtest`` before any work."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tenure.config_file import load_config
from tenure.jobs.settings import require_settings

ORDERS = "customer_id,ordered_at,revenue\n" + "".join(
    f"c{n % 7},2024-0{1 + n % 9}-1{n % 10},{10 + n}\n" for n in range(60)
)
SEVEN_CELLS = {"id": "x", "version": 1, "scale": 3, "groups": [{"name": "all", "cells": ["1 1 1"]}]}
WRONG = {
    "map": ('[segments]\nrfm_map = "common_elven"', 2, "Did you mean 'common_eleven'?"),
    "map file": ('[segments]\nrelationship_map = "mine.json"', 2, "There is no RFM map"),
    "map with a gap": ('[segments]\nrfm_scale = 3\nrfm_map = "gap.json"', 3, "exactly once"),
    "playbook": ('[segments]\nplaybook = "plays.json"', 2, "There is no playbook"),
    "mode": ('[segments]\nrfm_mode = "fixd"', 2, "'quintile', 'adbt' or 'fixed'"),
    "thresholds": ('[segments]\nrfm_mode = "fixed"', 2, "Thresholds belong to the mode 'fixed'"),
    "auto": ('[segments]\nrfm_scale = "auto"\nrfm_mode = "fixed"', 2, "Thresholds belong"),
    "shares": ("[segments]\nvalue_shares = [0.8, 0.5]", 2, ""),
    "candidate": ('[run]\ncandidates = ["logstic"]', 2, "Did you mean 'logistic'?"),
    "candidate file": ('[run]\ncandidates = ["mine.py:Mine"]', 2, "mine.py"),
    "tuned": ('[tuning]\ncandidates = ["blnd"]', 2, "Did you mean 'blend'?"),
    "not tunable": ('[tuning]\ntrials = 2\ncandidates = ["zero"]', 2, "nothing to tune"),
    "features": ('[features]\nfiles = ["mine.py"]', 2, "mine.py"),
    "country": ('[calendar]\ncountry = "Atlantis"', 2, "Atlantis"),
    "calendar": ('[calendar]\nuri = "days.csv"', 3, "days.csv does not exist"),
    "previous": ('[run]\nprevious = "earlier"', 2, "There are no scores"),
    "map of ids": ('[identity]\nenabled = true\nprevious = "ids"', 2, "There is no identity map"),
    "column": ("[tables.feedback]\nuri = 'f.csv'\n[tables.feedback.columns]\nscor = 'x'", 2, "Did you mean 'score'?"),
}


@pytest.fixture
def written(tmp_path: Path) -> Callable[[str], Path]:
    (tmp_path / "orders.csv").write_text(ORDERS)
    (tmp_path / "gap.json").write_text(json.dumps(SEVEN_CELLS))

    def write(lines: str) -> Path:
        path = tmp_path / "tenure.toml"
        path.write_text(f'[orders]\nuri = "orders.csv"\n{lines}\n')
        return path

    return write


@pytest.mark.parametrize("case", WRONG)
def test_check__finds_a_setting_that_names_nothing(
    call: Callable[..., Any], written: Callable[[str], Path], case: str
) -> None:
    lines, code, said = WRONG[case]
    done = call("check", "--config", written(lines), "-q")
    assert (done.code, done.out) == (code, "")
    assert said in done.err


@pytest.mark.parametrize("command", [["run"], ["score", "--model", "out/model"], ["backtest"], ["audit"]], ids=" ".join)
def test_jobs__find_it_before_they_read_anything(
    call: Callable[..., Any], written: Callable[[str], Path], tmp_path: Path, command: list[str]
) -> None:
    config = written('[segments]\nrfm_map = "common_elven"')
    (tmp_path / "orders.csv").unlink()
    out = ["--out", tmp_path / "out"] if command[0] in {"run", "score"} else []
    done = call(*command, "--config", config, "-q", *out)
    assert done.code == 2
    assert "Did you mean 'common_eleven'?" in done.err


@pytest.mark.parametrize(
    "lines",
    [
        "",
        '[segments]\nrfm_scale = "auto"\nrfm_mode = "adbt"\nrisk_basis = "expected_loss"',
        '[segments]\nrfm_scale = 4\nrfm_map = "simple"\nvalue_basis = "expected"',
        '[segments]\nrfm_scale = 3\nrfm_mode = "fixed"\n[segments.rfm_thresholds]\n'
        "recency = [10, 20]\nfrequency = [2, 3]\nmonetary = [5, 50]",
        '[run]\ncandidates = ["zero", "blend"]\n[tuning]\ncandidates = ["zero"]',
    ],
)
def test_require_settings__lets_pass_what_can_be(written: Callable[[str], Path], lines: str) -> None:
    require_settings(load_config(written(lines), overrides={}))

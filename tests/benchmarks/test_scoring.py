"""The benchmarks: real logs are read right, what happened next is counted right, and a limit can be missed."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import ModuleType

import numpy as np
import pandas as pd
import pytest

from tenure_training.models.contract import LEVELS, Prediction


@pytest.fixture
def benchmarks(repository: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    """The scripts, imported the way they import each other."""
    monkeypatch.syspath_prepend(repository / "benchmarks")
    return {name: importlib.import_module(name) for name in ("scoring", "cdnow", "online_retail", "quality")}


MASTER = (
    " customer_id  date number_of_cds  dollar_value\r\n 00001 19970101  1   11.77\r\n 00002 19970112  5   77.00\r\n"
)
SAMPLE = " 00004 0001 19970101  2   29.33\r\n 00004 0001 19970118  2    0.00\r\n"


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        (MASTER, [("00001", "1997-01-01", 11.77), ("00002", "1997-01-12", 77.0)]),
        (SAMPLE, [("00004", "1997-01-01", 29.33), ("00004", "1997-01-18", 0.0)]),
    ],
    ids=["master", "sample"],
)
def test_cdnow__is_read_in_both_layouts(
    benchmarks: dict[str, ModuleType], tmp_path: Path, text: str, rows: list[tuple[str, str, float]]
) -> None:
    (tmp_path / "cdnow.txt").write_text(text)
    read = benchmarks["cdnow"].read_cdnow(tmp_path / "cdnow.txt")
    wanted = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "revenue"])
    wanted["ordered_at"] = wanted["ordered_at"].astype("datetime64[us]")
    pd.testing.assert_frame_equal(read, wanted)


LINES = """
anna  1  2024-01-05  10   known; buys twice in the window, once on its first day
anna  2  2024-02-01  20
anna  2  2024-02-01   5
anna  3  2024-03-01   7
anna  4  2024-03-02   9   on the first day after the window
ben   5  2024-01-06  30   known; only sends goods back
ben   6  2024-02-10 -30
cleo  7  2024-02-03  99   not known yet
dora  8  2024-01-07  -4   has never ordered
eve   9  2024-01-31   8   known; buys nothing
"""


def test_outcomes__count_the_window_of_those_known_before_it(benchmarks: dict[str, ModuleType]) -> None:
    rows = pd.DataFrame([line.split()[:4] for line in LINES.strip().splitlines()])
    rows.columns = ["customer_id", "order_id", "ordered_at", "revenue"]
    rows = rows.astype({"ordered_at": "datetime64[us]", "revenue": "float64"})
    split = benchmarks["scoring"].Split("shop", Path("x"), {}, rows, pd.Timestamp("2024-02-01"), 30)
    assert benchmarks["scoring"].happened(split).to_dict("records") == [
        {"customer_id": "anna", "orders": 2.0, "value": 32.0, "bought": True},
        {"customer_id": "ben", "orders": 0.0, "value": -30.0, "bought": False},
        {"customer_id": "eve", "orders": 0.0, "value": 0.0, "bought": False},
    ]


@pytest.mark.parametrize(
    ("low", "high", "value", "met"),
    [(0.7, 1.0, 0.7, True), (0.7, 1.0, 0.69, False), (0.0, 0.3, float("nan"), False), (-0.2, 0.2, 0.21, False)],
)
def test_limit__is_met_or_not(
    benchmarks: dict[str, ModuleType],
    capsys: pytest.CaptureFixture[str],
    low: float,
    high: float,
    value: float,
    met: bool,
) -> None:
    scoring = benchmarks["scoring"]
    report = scoring.Report()
    report.judge(scoring.Limit("measure", low, high), value)
    assert (report.failed == []) == met
    assert ("NOT met" in capsys.readouterr().out) != met


SCORES = pd.DataFrame(
    {
        "customer_id": ["a", "b"],
        "p": [0.5, 0.25],
        "segment": ["x", "y"],
        "at": [pd.Timestamp("2024-01-01"), pd.NaT],
        "model_version": ["1", "1"],
    }
)


@pytest.mark.parametrize(
    ("changed", "difference"),
    [
        (SCORES.iloc[::-1].assign(model_version="2"), 0.0),
        (SCORES.assign(p=[0.5, 0.26]), 0.01),
        (SCORES.assign(segment=["x", "x"]), float("inf")),
        (SCORES.assign(at=[pd.Timestamp("2024-01-02"), pd.NaT]), 1 / 19723),
        (SCORES.head(1), float("inf")),
        (SCORES.drop(columns="segment"), float("inf")),
    ],
    ids=["order-and-version", "a-number", "a-word", "a-moment", "a-customer", "a-column"],
)
def test_scores__differ_where_they_differ(
    benchmarks: dict[str, ModuleType], changed: pd.DataFrame, difference: float
) -> None:
    assert benchmarks["scoring"].differences(SCORES, changed) == pytest.approx(difference)


def test_quality__holds_intervals_to_what_they_promise(benchmarks: dict[str, ModuleType]) -> None:
    """Twenty customers: half may well buy, half are gone; the worst tenth is the one that was promised too much."""
    quantiles = np.zeros((20, len(LEVELS)))
    quantiles[:10, LEVELS.index(0.2) :] = 5.0
    quantiles[:10, LEVELS.index(0.8) :] = 10.0
    probability = np.repeat([0.85, 0.05], 10)
    said = Prediction(
        buy_probability=probability,
        expected_orders=probability,
        expected_value=np.arange(20.0)[::-1],
        quantiles=quantiles,
    )
    value = np.where(np.arange(20) < 2, 11.0, 0.0)
    overall, *tenths = benchmarks["quality"].gaps(said, value, 0.8)
    assert tenths == pytest.approx([-0.8] + 4 * [0.2] + 5 * [0.05])
    assert overall == pytest.approx((18 - 10 * 0.8 - 10 * 0.95) / 20)


def test_quality__knows_what_chance_does_to_the_worst_tenth(benchmarks: dict[str, ModuleType]) -> None:
    """Tenths of 100 with a promise of .8 have a standard error of .04; the worst of ten lies 2.8 of them away."""
    few, many = (np.full(size, 0.9) for size in (1_000, 16_000))
    chances = [
        benchmarks["quality"].luck(
            Prediction(buy_probability=p, expected_orders=p, expected_value=np.arange(float(len(p)))), 0.8
        )
        for p in (few, many)
    ]
    assert chances == pytest.approx([2.8 * 0.04, 2.8 * 0.01], rel=0.15)


def test_quality__judges_the_moments_of_a_log_together(benchmarks: dict[str, ModuleType]) -> None:
    quality, scoring = benchmarks["quality"], benchmarks["scoring"]
    limit, report = scoring.Limit("ece", high=0.02), scoring.Report()
    off = np.array([0.02, *[0.1, -0.09] * 5])
    crps = {"ours": 1.0, "bgnbd": 1.1, "mbgnbd": 1.1, "paretonbd": 0.9}
    one = quality.Seen(100, 0.03, limit, dict.fromkeys(quality.LEVELS, off), crps)
    other = quality.Seen(300, 0.005, limit, dict.fromkeys(quality.LEVELS, -off / 3), crps)
    quality.judge([one, other], report)
    assert report.failed == ["CRPS / paretonbd"]
    quality.judge([one], report)
    assert report.failed[1:] == ["ece", *(f"{level}% interval, tenths" for level in (50, 80, 95)), "CRPS / paretonbd"]


@pytest.mark.parametrize(
    ("days", "customers", "limit"), [(30, 9000, 0.02), (30, 5000, 0.04), (200, 9000, 0.035), (200, 100, 0.035)]
)
def test_quality__allows_more_error_to_small_and_short_logs(benchmarks, days, customers, limit) -> None:
    rows = pd.DataFrame({"ordered_at": pd.to_datetime(["2020-01-01 10:00"])})
    moment = benchmarks["quality"].Moment("log", rows, pd.Timestamp("2020-12-31"), days)
    assert benchmarks["quality"].ece_limit(moment, customers).high == limit

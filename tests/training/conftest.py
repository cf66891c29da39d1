"""Small seeded shops, opened as real order logs, and fits shared by the tests: each is made once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tenure_features import OrderSource, Shop, open_shop
from tenure_training.frame import Frames
from tenure_training.models.contract import Candidate, TrainingFrame
from tenure_training.models.registry import candidate_class
from tenure_training.training import Training, train
from tenure_training.windows import backtest_windows

START = pd.Timestamp("2020-01-01")
AS_OF = pd.Timestamp("2020-08-28")
HORIZON_DAYS = 60
SEED = 7

OpenLog = Callable[..., Shop]
MakeShop = Callable[..., pd.DataFrame]
Rows = Sequence[tuple[str, float, float]]


def _table(rows: Rows) -> pd.DataFrame:
    customers, days, revenue = zip(*rows, strict=True)
    seconds = np.round(np.array(days, dtype=float) * 86400).astype("int64")
    at = (START + pd.to_timedelta(seconds, unit="s")).astype("datetime64[us]")
    return pd.DataFrame({"customer_id": customers, "ordered_at": at, "revenue": np.array(revenue, dtype=float)})


def _shop(customers: int, *, days: float, seed: int, returns: float = 0.0) -> pd.DataFrame:
    """Customers arrive over the first 60 % of the days, order at their own rate and leave after any order."""
    generator, rows = np.random.default_rng(seed), []
    for number in range(customers):
        at, rate = generator.uniform(0, 0.6 * days), generator.gamma(1.2, 1 / 40)
        spend = np.exp(generator.normal(3.5, 0.6))
        while at < days:
            amount = round(spend * float(np.exp(generator.normal(0, 0.4))), 2)
            rows.append((f"c{number:03d}", at, amount))
            if generator.random() < returns and at + 2 < days:
                rows.append((f"c{number:03d}", at + 2, -amount))
            if generator.random() < 0.1:
                break
            at += generator.exponential(1 / rate)
    return _table(rows)


@pytest.fixture(scope="session")
def shop() -> MakeShop:
    """``shop(customers, days=, seed=, returns=)`` gives the orders of a seeded shop."""
    return _shop


@pytest.fixture(scope="session")
def open_log(tmp_path_factory: pytest.TempPathFactory) -> OpenLog:
    """``open_log(orders, as_of=None)`` writes orders to a file and opens it."""
    folder, number = tmp_path_factory.mktemp("logs"), count()

    def opened(orders: pd.DataFrame, as_of: pd.Timestamp | None = None) -> Shop:
        path: Path = folder / f"{next(number)}.parquet"
        orders.to_parquet(path)
        return open_shop(OrderSource(path, trust_customers=True), as_of)  # degenerate logs have odd customers

    return opened


@pytest.fixture(scope="session")
def as_of() -> pd.Timestamp:
    """Two months before the end of ``orders``."""
    return AS_OF


@pytest.fixture(scope="session")
def orders() -> pd.DataFrame:
    """A shop of 150 customers over 300 days, with returns; it goes on after ``as_of``."""
    return _shop(150, days=300, seed=1, returns=0.03)


@pytest.fixture(scope="session")
def frames(orders: pd.DataFrame, open_log: OpenLog) -> Frames:
    """Frames of the whole log, the future included."""
    return Frames(open_log(orders))


@pytest.fixture(scope="session")
def frame(frames: Frames) -> TrainingFrame:
    """What may be learnt at ``as_of``; not to be changed."""
    return frames.frame(AS_OF, horizon_days=HORIZON_DAYS)


@pytest.fixture(scope="session")
def judged(frames: Frames) -> tuple[TrainingFrame, pd.DataFrame]:
    """What may be learnt at the origin of the latest backtest window, and what happened in it."""
    (window, *_) = backtest_windows(frames.first_order, AS_OF, horizon_days=HORIZON_DAYS)
    frame = frames.frame(window.origin, horizon_days=window.days)
    return frame, frames.labels(window).assign(customer_id=frame.present["customer_id"])


@pytest.fixture(scope="session")
def fitted(frame: TrainingFrame) -> Callable[[str], Candidate]:
    """``fitted(name)`` gives a candidate fitted to ``frame``; not to be changed."""
    return cache(lambda name: candidate_class(name)().fit(frame, seed=SEED))


@pytest.fixture(scope="session")
def training(frames: Frames) -> Training:
    """A training of the blend at ``as_of``."""
    return train(frames, as_of=AS_OF, horizon_days=HORIZON_DAYS, seed=SEED, candidates=["blend"])


def _priced(amount: Callable[[int], float]) -> pd.DataFrame:
    orders = _shop(55, days=80, seed=4)
    return orders.assign(revenue=[amount(number) for number in range(len(orders))])


def _joined(*rows: Rows) -> pd.DataFrame:
    return pd.concat([_shop(52, days=80, seed=5), *map(_table, rows)], ignore_index=True)


_first = [(f"c{number:02d}", number, 20.0 + number % 7) for number in range(55)]
DEGENERATE: dict[str, Callable[[], pd.DataFrame]] = {
    "one customer": lambda: _table([("a", day, 10.0 + day) for day in range(0, 80, 7)]),
    "five customers": lambda: _shop(5, days=80, seed=3),
    "all buy once": lambda: _table(_first),
    "one day": lambda: _table([(name, day / 100, amount) for name, day, amount in _first]),
    "ten days": lambda: _shop(55, days=10, seed=5),
    "all revenue zero": lambda: _priced(lambda number: 0.0),
    "all revenue one": lambda: _priced(lambda number: 1.0),
    "half of the revenue zero": lambda: _priced(lambda number: 30.0 * (number % 2)),
    "customers with returns only": lambda: _joined(
        [(f"n{number}", 3.9 * number, -5.0) for number in range(20)],
        [(f"c{number:03d}", 76.0, -500.0) for number in range(15)],
    ),
    "one with 3000 orders": lambda: _joined([("heavy", 80 * number / 3000, 7.0) for number in range(3000)]),
    "everybody buys every week": lambda: _table(
        [(name, day + offset / 100, amount) for name, offset, amount in _first for day in range(0, 80, 7)]
    ),
    "nobody returns": lambda: _table([(name, day / 10, amount) for name, day, amount in _first]),
    "tiny money": lambda: _priced(lambda number: 1e-6),
    "huge money": lambda: _priced(lambda number: 1e12 + number * 1e9),
    "tiny and huge money": lambda: _priced(lambda number: 1e12 if number % 20 == 0 else 1e-6),
}


@dataclass(frozen=True)
class Degenerate:
    """A log that is hard to learn from, its frames and the frame at ``as_of``."""

    name: str
    frames: Frames
    as_of: pd.Timestamp
    frame: TrainingFrame


@pytest.fixture(scope="session", params=DEGENERATE, ids=[name.replace(" ", "_") for name in DEGENERATE])
def degenerate(request: pytest.FixtureRequest, open_log: OpenLog) -> Degenerate:
    """Every degenerate log in turn."""
    orders = DEGENERATE[request.param]()
    short = {"one day": 1, "ten days": 10}
    moment = START + pd.Timedelta(days=short.get(request.param, 81))
    frames = Frames(open_log(orders, moment))
    return Degenerate(request.param, frames, moment, frames.frame(moment, horizon_days=30))

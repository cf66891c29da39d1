"""A candidate that is one number, and origins at which a certain number would have been right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tenure_training.models.contract import TrainingFrame
from tenure_training.tuning import Problem
from tenure_training.windows import Window

GUESS = """
import time
import numpy as np
from tenure_training.models.contract import Candidate, Fitted, Prediction
from tenure_training.models.search_space import Integer, Real

class Guess(Candidate, Fitted):
    name = "guess"
    seconds = 0.0
    search_space = {"rate": Real(0.05, 0.95, 0.5), "size": Integer(1, 9, 5)}

    def fit(self, frame, *, seed):
        return self

    def save(self, folder): ...

    @classmethod
    def load(cls, folder): ...

    def predict(self, snapshot):
        time.sleep(self.seconds)
        rate = np.full(len(snapshot), float(self.settings.get("rate", 0.5)))
        value = rate * (1 + snapshot["x"].to_numpy() / self.settings.get("size", 5))
        return Prediction(buy_probability=rate, expected_orders=rate, expected_value=value)

class SlowGuess(Guess):
    name = "slow guess"
    seconds = 0.15
"""

MakeProblem = Callable[..., Problem]


def _frame(x: np.ndarray, number: int) -> TrainingFrame:
    at = pd.Timestamp("2020-01-01") - pd.Timedelta(days=30 * number)
    present = pd.DataFrame({"customer_id": [f"c{row}" for row in range(len(x))], "as_of": at, "x": x})
    labels = pd.DataFrame({"bought": np.empty(0, bool), "orders": [], "value": [], "wait_days": []})
    return TrainingFrame(
        rows=present[:0],
        labels=labels,
        window_days=np.empty(0),
        weight=np.empty(0),
        present=present,
        as_of=at,
        horizon_days=30,
    )


def _problem(address: str, shares: tuple[float, ...]) -> Problem:
    frames, outcomes = [], []
    for number, share in enumerate(shares):
        generator = np.random.default_rng(number)
        x = generator.random(400)
        bought = np.arange(400) < 400 * share
        frames.append(_frame(x, number))
        outcomes.append(pd.DataFrame({"customer_id": frames[-1].present["customer_id"], "bought": bought,
                                      "orders": 1.0 * bought, "value": bought * (1 + x)}))  # fmt: skip
    windows = tuple(Window(frame.as_of, 30) for frame in frames)
    bare = Problem(
        candidate=address,
        windows=windows,
        frames=tuple(frames),
        outcomes=tuple(outcomes),
        untuned=((1.0, 0.0),) * len(shares),
        seed=3,
    )
    score = bare.score({})
    assert score is not None
    untuned = tuple(zip(score.log_loss, score.gini, strict=True))
    return Problem(
        candidate=address, windows=windows, frames=tuple(frames), outcomes=tuple(outcomes), untuned=untuned, seed=3
    )


@pytest.fixture(scope="session")
def guesses(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the candidates ``Guess`` and ``SlowGuess``."""
    path = tmp_path_factory.mktemp("models") / "guesses.py"
    path.write_text(GUESS, encoding="utf-8")
    return path


@pytest.fixture
def problem(guesses: Path) -> MakeProblem:
    """``problem(*shares, of="Guess")``: origins at which these shares of customers bought."""

    def made(*shares: float, of: str = "Guess") -> Problem:
        return _problem(f"{guesses}:{of}", shares)

    return made

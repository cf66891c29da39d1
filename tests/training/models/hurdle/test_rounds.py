"""How many trees are grown: as many as purchases are enough for, and as later windows show to be worth it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from tenure_training.models.hurdle.rounds import choose_rounds, parts_at

N = 4000


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    return np.random.default_rng(1).normal(-1, 1.5, N)


@pytest.mark.parametrize(
    ("errors", "expected"),
    [
        ({100: 1.0, 200: 0.5, 400: 0.1}, 400),  # every step gains
        ({100: 1.0, 200: 0.1, 400: 0.8}, 200),  # then too many
        ({100: 0.1, 200: 0.5, 400: 0.8}, 100),  # never
        ({100: 1.0, 200: 1.2, 400: 0.1}, 400),  # a worse step on the way
    ],
)
def test_choose_rounds__takes_what_predicted_later_windows_best(truth, errors, expected):
    generator = np.random.default_rng(2)
    bought = generator.random(N) < expit(truth)
    noise = generator.normal(size=N)
    scores = {rounds: truth + error * noise for rounds, error in errors.items()}
    assert choose_rounds(scores, bought=bought, window=np.arange(N) % 3) == expected


def test_choose_rounds__wants_more_than_luck(truth):
    """A step that gains for some customers and loses as much for others is hardly ever taken."""
    bought = np.random.default_rng(3).random(N) < expit(truth)
    window = np.arange(N) % 2
    taken = [
        choose_rounds(
            {100: truth, 200: truth + 0.1 * np.random.default_rng(seed).normal(size=N)}, bought=bought, window=window
        )
        for seed in range(20)
    ]
    assert taken.count(200) <= 2  # a standard error and more in both of two windows: one in forty


def test_choose_rounds__wants_a_gain_in_every_window_and_in_two_at_least(truth):
    generator = np.random.default_rng(6)
    bought, noise = generator.random(N) < expit(truth), generator.normal(size=N)
    window = np.arange(N) % 3

    def choose(errors: list[float], windows: np.ndarray) -> int:
        better = truth + np.array(errors)[windows] * noise
        return choose_rounds({100: truth + noise, 200: better}, bought=bought, window=windows)

    assert choose([0.1, 0.1, 0.1], window) == 200
    assert choose([0.1, 0.1, 1.5], window) == 100  # lost in one
    assert choose([0.1, 0.1, 1.0], window) == 200  # as many trees in the third: it says nothing
    assert choose([0.1, 1.0, 1.0], window) == 100  # one alone
    assert choose([0.1], np.zeros(N, dtype=np.int64)) == 100


def test_choose_rounds__does_not_look_at_the_level_of_a_window(truth):
    window = np.arange(N) % 2
    bought = np.random.default_rng(4).random(N) < expit(truth)
    scores = {100: truth + 0.6 * np.random.default_rng(5).normal(size=N), 200: truth + 3.0 - 5.0 * window}
    assert choose_rounds(scores, bought=bought, window=window) == 200


def test_parts_at__are_those_of_the_stage_where_a_part_grows():
    parts = {"linear": np.zeros(1), "trees": np.ones(1), "trees of 200 trees": np.full(1, 2.0)}
    assert parts_at(parts, ["linear", "trees"], 200) == {"linear": np.zeros(1), "trees": np.full(1, 2.0)}
    assert parts_at(parts, ["linear", "trees"], 400) == {"linear": np.zeros(1), "trees": np.ones(1)}

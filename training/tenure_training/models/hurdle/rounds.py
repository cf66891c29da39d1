"""How many trees: as many as closed windows, predicted before they were seen, show to be worth growing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from tenure_training.models.contract import Floats
from tenure_training.models.hurdle.level_forecast import shift_to
from tenure_training.models.hurdle.stack import FARTHEST
from tenure_training.models.search_space import Settings

STAGES = (100, 200, 400)
"""Numbers of trees that are compared; the first is used where nothing says otherwise. The paces are one: of two
boosters of one seed the shorter is the beginning of the longer."""

PURCHASES_PER_TREE = 8
"""Fewer purchases in the training rows than this for each tree, and so many trees are not grown: they never paid on
small logs, and most of the time of a training goes into them."""


FEWEST_WINDOWS = 2
"""Windows in which more trees must have gained."""


def most_rounds(purchases: float) -> int:
    """Say how many trees are grown at most from rows that hold so many purchases.

    Examples
    --------
    >>> [most_rounds(purchases) for purchases in (500, 1600, 3199, 50_000)]
    [100, 200, 200, 400]
    """
    return max([STAGES[0], *(stage for stage in STAGES if stage * PURCHASES_PER_TREE <= purchases)])


def rounds_to_compare(settings: Settings) -> tuple[int, ...]:
    """Give the numbers of trees that are compared: the one that was tuned, where one was.

    Examples
    --------
    >>> rounds_to_compare({}), rounds_to_compare({"rounds": 150, "eta": 0.1})
    ((100, 200, 400), (150,))
    """
    return (int(settings["rounds"]),) if "rounds" in settings else STAGES


def name_at(part: str, rounds: int) -> str:
    """Name a part of a model that is grown to so many trees."""
    return f"{part} of {rounds} trees"


def parts_at(parts: Mapping[str, Floats], names: Iterable[str], rounds: int) -> dict[str, Floats]:
    """Pick the parts of a model at a stage; the others, which do not grow, are what they are."""
    return {name: parts.get(name_at(name, rounds), parts[name]) for name in names}


def choose_rounds(scores: Mapping[int, Floats], *, bought: NDArray[np.bool_], window: NDArray[np.int64]) -> int:
    """Choose the number of trees from what each predicted of ``n`` outcomes it had not seen.

    From few to many: more are taken where they gain log-likelihood in every window, by more than the standard error of
    its customers, and in two windows at least. A season is the luck of everybody together: one window that liked more
    trees says as little as one that did not. Every window has its own level, as in the weights of the stack.

    Parameters
    ----------
    scores
        Log-odds by number of trees, shape (n,) each, of models fitted before each window.
    bought
        What happened, shape (n,).
    window
        Number of the window of each row, shape (n,).
    """
    losses = {rounds: _losses(score, bought, window) for rounds, score in scores.items()}
    best = min(losses)
    for rounds in sorted(losses)[1:]:
        gain = losses[best] - losses[rounds]
        by_window = [gain[rows] for number in np.unique(window) if np.any(gain[rows := window == number])]
        if len(by_window) >= FEWEST_WINDOWS and all(of.mean() > of.std() / np.sqrt(len(of)) for of in by_window):
            best = rounds
    return best


def _losses(score: Floats, bought: NDArray[np.bool_], window: NDArray[np.int64]) -> Floats:
    """Minus log-likelihood of every outcome, at the level at which its window holds as many buyers as there were."""
    out = np.empty(len(score))
    for number in np.unique(window):
        rows = window == number
        level = score[rows] + shift_to(score[rows], float(bought[rows].sum()), within=FARTHEST)
        out[rows] = np.logaddexp(0, np.where(bought[rows], -level, level))
    return out

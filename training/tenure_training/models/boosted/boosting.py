"""XGBoost behind three plain functions: fit, score, explain. The only module that imports it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenure_features.float_table import FloatTable, Table
from tenure_features.stored import read_limited
from tenure_training.models.boosted.booster_file import checked_columns
from tenure_training.models.contract import Floats
from tenure_training.models.design import PartAnswer, TermMap, columns_of
from tenure_training.models.search_space import Integer, Real, SearchSpace, Settings

Objective = Literal["binary:logistic", "reg:squarederror", "reg:gamma", "reg:tweedie", "survival:aft"]

TWEEDIE_POWER = 1.5
"""Variance grows with this power of the mean; between 1 (Poisson) and 2 (gamma)."""

_OF_OBJECTIVE: Mapping[str, Mapping[str, str | float]] = MappingProxyType(
    {
        "reg:tweedie": {"tweedie_variance_power": TWEEDIE_POWER},
        "survival:aft": {"aft_loss_distribution": "logistic", "aft_loss_distribution_scale": 1.5},
    }
)

TREE_SPACE: SearchSpace = MappingProxyType(
    {
        "rounds": Integer(50, 400, 100, log=True),
        "max_depth": Integer(2, 6, 3),
        "eta": Real(0.02, 0.2, 0.05, log=True),
        "subsample": Real(0.5, 1.0, 0.8),
        "colsample_bytree": Real(0.3, 1.0, 0.5),
        "min_child_weight": Real(5.0, 200.0, 20.0, log=True),
        "reg_lambda": Real(0.5, 50.0, 5.0, log=True),
    }
)
"""What may be tuned, in XGBoost's names; ``rounds`` is the number of trees.

Untuned: shallow and slow, a usual choice for noisy labels.
"""

MAX_BIN = 64
MOST_BYTES = 64_000_000
THREADS = 2
"""Fixed, not the machine's number of cores: nothing about a machine may decide what its trees are."""
THREADED_ROWS = 20_000
"""Fewer rows are grown by one thread: two wait for each other more than they work, which was half of the training of
200 customers on a busy machine."""
PREDICTED_BY_THREADS = 2_000
"""From so many rows on a prediction is divided among the threads: each row is added up by one of them, so that the
answer stays the same to the last bit. An answer about one customer waits for nobody."""


@dataclass(frozen=True)
class Boosted:
    """A fitted booster and the columns it reads.

    Attributes
    ----------
    columns
        Names of the columns of the model matrix, in order.
    booster
        The ``xgboost.Booster``.
    """

    columns: tuple[str, ...]
    booster: Any = field(repr=False)

    @classmethod
    def fit(
        cls,
        X: pd.DataFrame,
        y: Floats,
        *,
        weight: Floats,
        objective: Objective,
        seed: int,
        offset: Floats | None = None,
        upper: Floats | None = None,
        settings: Settings = MappingProxyType({}),
    ) -> Self:
        """Fit on ``n`` rows.

        Parameters
        ----------
        X
            Model matrix, shape (n, k); NaN is missing.
        y
            Shape (n,): 0 or 1 for ``binary:logistic``, any number for ``reg:squarederror``, positive for ``reg:gamma``,
            not negative for ``reg:tweedie``, the shortest time it can have been for ``survival:aft``.
        weight
            Weights of the rows, shape (n,).
        objective
            What the trees add up to: log-odds, a mean, or the logarithm of a mean or a time.
        seed
            Seed of the row and column samples.
        offset
            Shape (n,): a prediction the trees start from and correct.
        upper
            Shape (n,): the longest time it can have been, for ``survival:aft``; infinite where nobody saw the end.
        settings
            Those that differ from the defaults of `TREE_SPACE`; other names are left to others.
        """
        xgboost = _xgboost()
        chosen = {name: settings.get(name, parameter.default) for name, parameter in TREE_SPACE.items()}
        rounds = int(chosen.pop("rounds"))
        threads = THREADS if len(X) >= THREADED_ROWS else 1
        fixed = {"nthread": threads, "tree_method": "hist", "max_bin": MAX_BIN, "verbosity": 0}
        parameters: dict[str, Any] = {**chosen, **fixed, **_OF_OBJECTIVE.get(objective, {})}
        parameters |= {"objective": objective, "seed": seed}
        if offset is not None:
            parameters["base_score"] = 0.5 if objective == "binary:logistic" else 0.0
        order = by_content(X, y, weight)
        margin = None if offset is None else offset[order]
        values = X.to_numpy(dtype=np.float32)[order]
        data = xgboost.DMatrix(values, label=y[order], weight=weight[order], base_margin=margin, nthread=threads)
        if upper is not None:  # the one objective with two labels
            data.set_float_info("label_lower_bound", y[order])
            data.set_float_info("label_upper_bound", upper[order])
        return cls(tuple(X.columns), xgboost.train(parameters, data, rounds))

    @property
    def rounds(self) -> int:
        """Number of trees."""
        return int(self.booster.num_boosted_rounds())

    def first(self, rounds: int) -> Self:
        """Give the booster as it was after its first trees, the whole one where there are no more of them."""
        return self if rounds >= self.rounds else replace(self, booster=self.booster[:rounds])

    @cached_property
    def terms(self) -> TermMap:
        """Which explanation terms its columns belong to."""
        return TermMap.of(self.columns)

    def score(self, X: Table) -> Floats:
        """Sum of the trees and the base score, shape (n,); an offset is for the caller to add."""
        return self._score(self._matrix(X), len(X))

    def contributions(self, X: Table) -> tuple[Floats, Floats]:
        """SHAP values of the columns, shape (n, k), and the base, shape (n,); together they sum to `score`."""
        return self._contributions(self._matrix(X), len(X))

    def answer(self, X: Table) -> PartAnswer:
        """Score and explain; the matrix is made once."""
        matrix = self._matrix(X)
        parts, base = self._contributions(matrix, len(X))
        return PartAnswer(score=self._score(matrix, len(X)), parts=parts, base=base)

    def _score(self, matrix: Any, rows: int) -> Floats:  # noqa: ANN401  # an xgboost.DMatrix, imported late
        sums = self._predictor(rows).predict(matrix, output_margin=True, validate_features=False)
        return np.asarray(sums, dtype=np.float64).reshape(rows)  # without rows XGBoost forgets the shape

    def _contributions(self, matrix: Any, rows: int) -> tuple[Floats, Floats]:  # noqa: ANN401  # likewise
        contributions = self._predictor(rows).predict(matrix, pred_contribs=True, validate_features=False)
        parts = np.asarray(contributions, dtype=np.float64).reshape(rows, len(self.columns) + 1)
        return parts[:, :-1], parts[:, -1]

    def _predictor(self, rows: int) -> Any:  # noqa: ANN401  # an xgboost.Booster, imported late
        """Give the booster itself for few rows, and for many its copy that divides them among threads."""
        return self._threaded if rows >= PREDICTED_BY_THREADS else self.booster

    @cached_property
    def _threaded(self) -> Any:  # noqa: ANN401  # likewise
        threaded = self.booster.copy()
        threaded.set_param({"nthread": THREADS})
        return threaded

    def save(self, path: Path) -> None:
        """Write the booster as UBJ, with its columns inside."""
        self.booster.set_attr(columns="\t".join(self.columns))
        self.booster.save_model(path)

    @classmethod
    def load(cls, path: Path, *, objective: Objective) -> Self:
        """Read what `save` wrote, after a look at its structure: XGBoost trusts what it loads.

        Parameters
        ----------
        path
            The file.
        objective
            What the trees must have been fitted to.

        Raises
        ------
        DataContractError
            The file holds anything but such a booster.
        """
        content = read_limited(path, most=MOST_BYTES)
        columns = checked_columns(content, objective=objective, place=path.name)
        booster = _xgboost().Booster({"nthread": 1})  # of few rows; see `PREDICTED_BY_THREADS`
        booster.load_model(bytearray(content))
        return cls(columns, booster)

    def _matrix(self, X: Table) -> Any:  # noqa: ANN401  # an xgboost.DMatrix, imported late
        """Make the matrix of its columns, which other boosters of a model may have made already."""
        made = X.made if isinstance(X, FloatTable) else {}
        if self.columns not in made:
            values = np.ascontiguousarray(columns_of(X, self.columns), dtype=np.float32)
            threads = THREADS if len(X) >= PREDICTED_BY_THREADS else 1  # a prediction asks the matrix, too
            made[self.columns] = _xgboost().DMatrix(values, nthread=threads)
        return made[self.columns]


def by_content(X: pd.DataFrame, y: Floats, weight: Floats) -> NDArray[np.intp]:
    """Order rows by what they say, not by whose they are: row samples are drawn by position.

    Rounded, so that another currency or another summation does not draw another sample.
    """
    digest = pd.util.hash_pandas_object(X.round(4) + 0.0, index=False).to_numpy()  # + 0.0: no negative zeros
    return np.lexsort((weight, y, digest))


def _xgboost() -> Any:  # noqa: ANN401  # the module, imported late
    import xgboost

    return xgboost

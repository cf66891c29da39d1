"""BTYD models as candidates: what they learn from the present alone, without a label."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd

from tenure_features.stored import Stored, read_stored
from tenure_training.models.contract import (
    IF_BUYS_LEVELS,
    LEVELS,
    MOST_DAYS,
    Basis,
    Candidate,
    Contributions,
    Fitted,
    Prediction,
    TrainingFrame,
)

from .base import BTYDModel
from .estimation import Estimate
from .explanation import Undecided, explain_history
from .gammagamma import GammaGamma
from .summary import Floats, RepeatCounts, observations
from .value_distribution import value_quantiles

_ROWS_AT_ONCE = 10_000
_FILE = "btyd.json"
HARDLY = 1e-5
"""Probability of a purchase where nobody has ever paid: not zero, which a log-loss does not allow."""


class BTYDCandidate(Candidate):
    """A BTYD order model with Gamma-Gamma spend, fitted by maximum likelihood to the snapshot at ``as_of``.

    It needs ``order_days``, ``tenure_days`` and ``span_days``, and uses ``orders_total`` and ``value_mean`` where
    present. Labels and earlier origins are not used: the likelihood of the whole history is all these models have.
    Expected value is expected order days times expected spend per order day; quantiles are exact (nothing is drawn,
    so the seed changes nothing). Any number of customers and any history give finite predictions.
    """

    model: ClassVar[type[BTYDModel]]
    simple = True
    basis = Basis(
        "The model needs none, it is fitted to the order history itself.",
        "The model needs none, it is fitted to the order history itself; {horizon} days are its extrapolation.",
    )

    def fit(self, frame: TrainingFrame, *, seed: int) -> FittedBTYD:  # noqa: ARG002 - the contract's argument; nothing here is random
        """Fit both models to the present."""
        present = frame.present
        days = _read_column(present, "order_days")
        orders = _read_column(present, "orders_total") if "orders_total" in present else days
        per_day = float(np.nansum(orders) / max(np.nansum(days), 1.0))
        return FittedBTYD(
            name=self.name,
            orders=self._fit_orders(present),
            spend=_fit_spend(days, _spend_column(present)),
            orders_per_day=max(per_day, 1.0),
            horizon_days=frame.horizon_days,
            present=present,
        )

    def _fit_orders(self, present: pd.DataFrame) -> Estimate[BTYDModel]:
        return self.model.fit(RepeatCounts.of_snapshot(present))

    @classmethod
    def load(cls, folder: Path) -> FittedBTYD:
        """Read what `FittedBTYD.save` wrote."""
        saved = read_stored(folder / _FILE).fields(
            "name", "horizon_days", "orders_per_day", "orders", "spend", "explanation_baseline"
        )
        saved["name"].one_of([cls.name])
        baseline = saved["explanation_baseline"]
        return FittedBTYD(
            name=cls.name,
            orders=_estimate(saved["orders"], cls.model),
            spend=None if saved["spend"].missing else _estimate(saved["spend"], GammaGamma),
            orders_per_day=saved["orders_per_day"].number(1.0, 1e6),
            horizon_days=saved["horizon_days"].whole(1, MOST_DAYS),
            stored_baseline=None if baseline.missing else Undecided.from_stored(baseline),
        )


@dataclass(frozen=True, eq=False, kw_only=True)
class FittedBTYD(Fitted):
    """A BTYD model that has learnt.

    Attributes
    ----------
    name
        Of the candidate.
    orders
        The order model, in days.
    spend
        The spend model; None where nobody has spent anything.
    orders_per_day
        Orders on a day with an order: the models count order days.
    horizon_days
        Length of the window predictions are for.
    present
        The customers it was fitted for; None once it has been stored.
    stored_baseline
        Where explanations start from, as it was stored; None before that.
    """

    name: str
    orders: Estimate[BTYDModel]
    spend: Estimate[GammaGamma] | None
    orders_per_day: float
    horizon_days: int
    present: pd.DataFrame | None = field(default=None, repr=False)
    stored_baseline: Undecided | None = field(default=None, repr=False)

    @cached_property
    def explanation_baseline(self) -> Undecided | None:
        """Where explanations start from: an undecided customer among those the model was fitted for."""
        present = self.present
        if self.stored_baseline is not None or self.spend is None or present is None or present.empty:
            return self.stored_baseline
        buys = self.orders.model.buy_probability(*observations(present), horizon_days=float(self.horizon_days))
        spend = self.spend.model.expected_spend(_read_column(present, "order_days"), _spend_column(present))
        return Undecided.of(present, buys=buys, spend=spend)

    def predict(self, snapshot: pd.DataFrame) -> Prediction:
        """Predict every row from its own history, computing equal rows once."""
        x, t_x, T = observations(snapshot)
        keys = pd.DataFrame({"x": x, "t_x": t_x, "T": T})
        row = keys.groupby(["x", "t_x", "T"], sort=True).ngroup().to_numpy()
        unique = keys.groupby(["x", "t_x", "T"], sort=True).head(1).sort_values(["x", "t_x", "T"]).to_numpy()
        model, horizon = self.orders.model, float(self.horizon_days)
        blocks = [unique[start : start + _ROWS_AT_ONCE].T for start in range(0, len(unique), _ROWS_AT_ONCE)]
        buys = _concatenate([model.buy_probability(*block, horizon_days=horizon) for block in blocks])[row]
        order_days = _concatenate([model.expected_orders(*block, horizon_days=horizon) for block in blocks])[row]
        days, mean = _read_column(snapshot, "order_days"), _spend_column(snapshot)
        if self.spend is None:  # the model counts orders of any revenue, a purchase is one with money
            hardly, nothing = np.full(len(x), HARDLY), np.zeros(len(x))
            return Prediction(
                buy_probability=hardly,
                expected_orders=hardly,
                expected_value=nothing,
                quantiles=np.zeros((len(x), len(LEVELS))),
                if_buys=np.zeros((len(x), len(IF_BUYS_LEVELS))),
                rank_score=buys,
            )
        spend = self.spend.model
        quantiles = [
            value_quantiles(
                model, spend, x[part], t_x[part], T[part],
                orders=days[part], mean_spend=mean[part], horizon_days=horizon, levels=LEVELS, if_buys=IF_BUYS_LEVELS,
            )
            for part in (slice(start, start + _ROWS_AT_ONCE) for start in range(0, len(x), _ROWS_AT_ONCE))
        ]  # fmt: skip
        ends = np.vstack([*quantiles, np.zeros((0, len(LEVELS) + len(IF_BUYS_LEVELS)))])
        return Prediction(
            buy_probability=buys,
            expected_orders=order_days * self.orders_per_day,
            expected_value=order_days * spend.expected_spend(days, mean),
            quantiles=ends[:, : len(LEVELS)],
            if_buys=ends[:, len(LEVELS) :],
            rank_score=buys,
        )

    def contributions(self, snapshot: pd.DataFrame) -> Contributions | None:
        """Explain by order days, silence, age and spend; None where nobody has ever paid."""
        baseline = self.explanation_baseline
        if self.spend is None or baseline is None:
            return None
        return explain_history(
            self.orders.model,
            self.spend.model,
            baseline,
            snapshot,
            days=_read_column(snapshot, "order_days"),
            mean_spend=_spend_column(snapshot),
            horizon_days=float(self.horizon_days),
        )

    def save(self, folder: Path) -> None:
        """Write parameters, standard errors and how the fits ended as JSON."""
        content = {
            "name": self.name,
            "horizon_days": self.horizon_days,
            "orders_per_day": self.orders_per_day,
            "orders": _to_json(self.orders),
            "spend": None if self.spend is None else _to_json(self.spend),
            "explanation_baseline": None if self.explanation_baseline is None else self.explanation_baseline.to_dict(),
        }
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _FILE).write_text(json.dumps(content, indent=2, allow_nan=False), encoding="utf-8")

    def with_horizon(self, horizon_days: int) -> Self:
        """Give the same fit for another horizon: nothing has to be learned again."""
        return replace(self, horizon_days=horizon_days)


def _read_column(frame: pd.DataFrame, name: str) -> Floats:
    """Return a column of a snapshot as float64, missing values as NaN."""
    return np.asarray(frame[name].to_numpy(dtype=np.float64, na_value=np.nan))


def _spend_column(frame: pd.DataFrame) -> Floats:
    return _read_column(frame, "value_mean") if "value_mean" in frame else np.full(len(frame), np.nan)


def _fit_spend(days: Floats, mean: Floats) -> Estimate[GammaGamma] | None:
    return GammaGamma.fit(days, mean) if np.any((mean > 0) & (days > 0)) else None


def _concatenate(blocks: list[Floats]) -> Floats:
    return np.concatenate([*blocks, np.zeros(0)])


def _to_json(estimate: Estimate[Any]) -> dict[str, Any]:
    def finite(value: float) -> float | None:
        return value if np.isfinite(value) else None

    return {
        "parameters": asdict(estimate.model),
        "standard_errors": {name: finite(value) for name, value in estimate.standard_errors.items()},
        "log_likelihood": finite(estimate.log_likelihood),
        "converged": estimate.converged,
        "message": estimate.message,
        "prior_weight": estimate.prior_weight,
        "unit": "days",
    }


def _estimate[M: (BTYDModel, GammaGamma)](stored: Stored, model: type[M]) -> Estimate[M]:
    saved = stored.fields(
        "parameters", "standard_errors", "log_likelihood", "converged", "message", "prior_weight", "unit"
    )
    saved["unit"].one_of(["days"])
    return Estimate(
        model=model.from_stored(saved["parameters"]),
        log_likelihood=_number_or_infinity(saved["log_likelihood"]),
        standard_errors={
            name: _number_or_infinity(error) for name, error in saved["standard_errors"].read_named().items()
        },
        converged=saved["converged"].flag(),
        message=saved["message"].text(),
        prior_weight=saved["prior_weight"].number(0.0, 1.0),
    )


def _number_or_infinity(stored: Stored) -> float:
    return np.inf if stored.missing else stored.number()

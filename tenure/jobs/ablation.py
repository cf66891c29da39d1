"""What the tables beside the orders add: one model twice, with and without them, held against what is true."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

from tenure_serving.report.sections import Section, TableBlock
from tenure_training.metrics import auroc, log_loss
from tenure_training.metrics.known_truth import against_truth
from tenure_training.models.contract import TrainingFrame
from tenure_training.models.registry import candidate_class

ORDERS_ALONE, EVERYTHING = "orders alone", "all tables"
_OF_ORDERS = frozenset({"orders", "order_details"})


def orders_alone(frame: TrainingFrame) -> TrainingFrame:
    """Take the features of other tables than the orders away from a frame."""
    beside = [feature.name for feature in frame.catalogue.select(frame.features) if feature.table not in _OF_ORDERS]
    return replace(frame, rows=frame.rows.drop(columns=beside), present=frame.present.drop(columns=beside))


def ablation(
    frame: TrainingFrame, *, candidate: str, seed: int, true_values: pd.DataFrame, happened: pd.DataFrame
) -> pd.DataFrame:
    """Fit a candidate with and without the tables beside the orders, and judge both where everything is known.

    Parameters
    ----------
    frame
        What may be learnt, with the features of every table.
    candidate
        Name of the model; neither of the two is calibrated on a backtest, so that only the tables differ.
    seed
        Of both fits.
    known
        ``customer_id``, ``buy_probability``, ``expected_value``: true of every customer at ``frame.as_of``.
    happened
        ``customer_id``, ``orders``: what they did in the horizon.

    Returns
    -------
    DataFrame
        A row for `ORDERS_ALONE` and one for `EVERYTHING`: ``candidate`` and ``features`` (their number), ``auroc`` and
        ``log_loss`` of churn against what happened, and the columns of `tenure_training.against_truth`.
    """
    rows = []
    for name, taught in ((ORDERS_ALONE, orders_alone(frame)), (EVERYTHING, frame)):
        prediction = candidate_class(candidate)().fit(taught, seed=seed).predict(taught.present)
        orders = happened.set_index("customer_id")["orders"].loc[frame.present["customer_id"]].to_numpy()
        churn, churned = 1 - prediction.buy_probability, (orders == 0).astype(float)
        numbers = {"buy_probability": prediction.buy_probability, "expected_value": prediction.expected_value}
        truth: dict[Any, Any] = (
            against_truth(true_values, {name: frame.present[["customer_id"]].assign(**numbers)}).iloc[0].to_dict()
        )
        scores = {"auroc": auroc(churn, churned), "log_loss": log_loss(churn, churned)}
        rows.append({"candidate": name, "features": len(taught.features), **scores, **truth})
    return pd.DataFrame(rows)


def ablation_line(table: pd.DataFrame) -> str:
    """Say in one line what the tables added."""
    before, after = (table[table["candidate"] == name].iloc[0] for name in (ORDERS_ALONE, EVERYTHING))
    verb = "helped" if after["log_loss"] < before["log_loss"] else "did not help"
    orders, tables = (f"{row['auroc'] * 100:.1f} %" for row in (before, after))
    return (
        f"What the other tables added (visits, e-mails, baskets, answers, complaints, costs, profile): they {verb}. On "
        f"what happened next, {orders} of pairs of a leaver and a stayer are in the right order with orders alone and "
        f"{tables} with all tables (AUROC), and the error of the probabilities (log-loss) is {before['log_loss']:.3f} "
        f"and {after['log_loss']:.3f}; against the truth, the probability to order is off by {_points(before)} and "
        f"{_points(after)} points per customer."
    )


def _points(row: pd.Series[Any]) -> str:
    return f"{row['probability_error'] * 100:.1f}"


def ablation_section(table: pd.DataFrame, *, candidate: str) -> Section:
    """Lay the comparison out for the report."""
    shown = ["candidate", "features", "auroc", "log_loss", "probability_error", "value_correlation"]
    headings = {
        "candidate": "learnt from", "auroc": "pairs in the right order (AUROC)",
        "log_loss": "error of the probabilities (log-loss)",
        "probability_error": "mean distance from the true probability",
        "value_correlation": "correlation with true value",
    }  # fmt: skip
    block = TableBlock(
        table[shown],
        caption=f"{candidate}, fitted twice on the same customers and windows. The first two figures against what "
        "happened later; the other two against the expectations that follow from each customer's latent state.",
        units={"features": "count", "auroc": "percent", "log_loss": "number", "probability_error": "percent",
               "value_correlation": "number"},
        headings=headings,
    )  # fmt: skip
    return Section("What the other tables added", ablation_line(table), (block,))

"""What really happened after a moment, from the ledger: the hidden future included."""

from __future__ import annotations

import numpy as np
import pandas as pd

from tenure_features.errors import UsageError
from tenure_simulator.truth import Truth, day_of


def realised_outcome(truth: Truth, as_of: str | pd.Timestamp, horizon_days: int) -> pd.DataFrame:
    """Return orders and net value of every customer of the population in the window that followed.

    Parameters
    ----------
    truth
        From `simulate_orders` or `read_truth`.
    as_of, horizon_days
        The window is ``[as_of, as_of + horizon_days)``; it must end within the simulated time.

    Returns
    -------
    DataFrame
        ``customer_id``, ``orders`` (float) and ``value`` (revenue less refunds falling in the window); zeros are kept.

    Raises
    ------
    UsageError
        When the window ends after the simulated time.
    """
    config, ledger, n = truth.config, truth.ledger, len(truth.traits)
    start = day_of(config, as_of)
    end = start + horizon_days
    if end > config.days + config.future_days:
        raise UsageError(
            "The window ends after the simulated time.", found=f"{horizon_days} days from {as_of}",
            fix="Shorten the horizon or simulate more future_days.",
        )  # fmt: skip
    within = (ledger.day >= start) & (ledger.day < end)
    back = (ledger.returned_day >= start) & (ledger.returned_day < end)
    population = np.bincount(ledger.customer[ledger.day < start], minlength=n) > 0
    value = np.bincount(ledger.customer[within], weights=ledger.revenue[within], minlength=n)
    value -= np.bincount(ledger.customer[back], weights=ledger.refund[back], minlength=n)
    orders = np.bincount(ledger.customer[within], minlength=n).astype(float)
    frame = pd.DataFrame({"customer_id": truth.customer_id, "orders": orders, "value": value})
    return frame[population].reset_index(drop=True)

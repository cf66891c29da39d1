"""From snapshots to unique rows of (x, t_x, T)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenure_features.errors import DataContractError
from tenure_training.models.btyd import BGNBD, RepeatCounts
from tenure_training.models.btyd.summary import observations

SNAPSHOT = pd.DataFrame(
    columns=["order_days", "tenure_days", "span_days", "x", "t_x", "T"],
    data=[
        [1.0, 9.7, 0.0, 0, 0, 9],
        [1.0, 9.7, 0.4, 0, 0, 9],  # two orders on one day: one order day
        [3.0, 40.2, 40.1, 2, 40, 40],
        [2.0, 40.9, 12.3, 1, 12, 40],
        [2.0, 0.6, 0.5, 1, 0, 0],  # either side of midnight
        [2.0, 4.9999999, 5.0000001, 1, 4, 4],  # rounding must not put the last order after the end
        [np.nan, np.nan, np.nan, 0, 0, 0],
        [0.0, 3.0, 0.0, 0, 0, 3],
    ],
)


def test_observations__are_whole_days() -> None:
    found = np.array(observations(SNAPSHOT)).T
    assert found.tolist() == SNAPSHOT[["x", "t_x", "T"]].to_numpy().tolist()


def test_repeat_counts__count_equal_rows_whatever_their_order() -> None:
    rows = SNAPSHOT.loc[[0, 1, 2, 0, 3, 2]]
    counts = RepeatCounts.of_snapshot(rows)
    assert counts.customers == 6
    table = np.array([counts.x, counts.t_x, counts.T, counts.n]).T
    assert table.tolist() == [[0, 0, 9, 3], [1, 12, 40, 1], [2, 40, 40, 2]]
    shuffled = RepeatCounts.of_snapshot(rows.iloc[::-1])
    again = np.array([shuffled.x, shuffled.t_x, shuffled.T, shuffled.n]).T
    assert again.tolist() == table.tolist()


def test_repeat_counts__refuse_recency_after_the_end() -> None:
    with pytest.raises(DataContractError, match="1 rows break this, first x=1"):
        RepeatCounts.of([0, 1], [0, 9], [5, 5])


@given(
    st.lists(st.tuples(st.integers(0, 300), st.floats(0, 1), st.floats(0, 900)), min_size=1, max_size=60),
    st.integers(1, 80),
)
def test_binning__keeps_customers_sums_and_the_contract(rows, cells) -> None:
    x, share, T = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    counts = RepeatCounts.of(x, np.where(x > 0, share * T, 0.0), T)
    binned = counts.merge_into_cells(cells=cells)
    assert len(binned.x) <= len(counts.x)
    for name in ("x", "t_x", "T"):
        assert binned.n @ getattr(binned, name) == pytest.approx(counts.n @ getattr(counts, name), rel=1e-9, abs=1e-9)
    assert binned.customers == counts.customers
    assert (binned.t_x <= binned.T * (1 + 1e-12)).all()
    assert ((binned.x > 0) | (binned.t_x == 0)).all()


def test_binning__hardly_changes_the_likelihood(simulated) -> None:
    truth = BGNBD(r=0.5, alpha=30.0, a=0.8, b=2.5)
    generator = np.random.default_rng(0)
    x, t_x, T, _ = simulated(truth, np.floor(generator.uniform(50, 300, 20_000)), 1.0, generator)
    counts = RepeatCounts.of(x, np.floor(t_x), T)
    binned = counts.merge_into_cells(cells=25)
    assert len(binned.x) < len(counts.x) / 4
    both = [data.n @ truth.log_likelihood(data.x, data.t_x, data.T) / data.customers for data in (counts, binned)]
    assert both[0] == pytest.approx(both[1], abs=2e-3)

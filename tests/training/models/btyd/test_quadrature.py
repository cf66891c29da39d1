"""Quadrature: expectations over beta distributions and integrals over time, against closed forms."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import beta as beta_function
from scipy.special import gamma, gammainc

from tenure_training.models.btyd.quadrature import NODES, beta_nodes, log_concave_nodes, split_blocks

SHAPES = np.array([(a, b) for a in (0.02, 0.3, 1.0, 4.0, 300.0) for b in (0.02, 0.5, 2.0, 50.0)]).T


def test_beta_nodes__give_the_moments_of_the_distribution() -> None:
    a, b = SHAPES
    p, weight = beta_nodes(a, b, reach=np.ones(len(a)))
    assert p.shape == weight.shape == (len(a), NODES)
    assert weight.sum(axis=1) == pytest.approx(np.ones(len(a)))
    for i, j in ((1, 0), (2, 0), (0, 1), (0, 3), (2, 2)):
        mean = (weight * p**i * (1 - p) ** j).sum(axis=1)
        assert mean == pytest.approx(beta_function(a + i, b + j) / beta_function(a, b), rel=1e-8)


def test_beta_nodes__follow_a_function_as_steep_as_their_reach() -> None:
    a, b, steep = np.array([0.5]), np.array([2.0]), 1e4
    p, weight = beta_nodes(a, b, reach=np.array([steep]))
    # E exp(-steep p) of a beta distribution is Kummer's function; for large arguments its leading term and one more
    leading = gamma(2.5) / gamma(2.0) * steep**-0.5 * (1 - 0.5 * (1 - 2.0) / -steep)
    assert (weight * np.exp(-steep * p)).sum() == pytest.approx(leading, rel=1e-6)


def test_log_concave_nodes__integrate_over_time() -> None:
    lower, upper = np.array([0.0, 0.0, 3.0, 5.0]), np.array([2.0, 500.0, 4.0, 5.0])
    shape, rate, shift = 3.0, 0.4, 1.5

    def decay(y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return rate * y, rate * (shift + y)

    y, log_weight = log_concave_nodes(lower, upper, shift=shift, decay=decay)
    exact = (np.exp(-rate * lower) - np.exp(-rate * upper)) / rate
    assert (np.exp(log_weight) * np.exp(-rate * y)).sum(axis=1) == pytest.approx(exact, rel=1e-9, abs=1e-15)
    found = (np.exp(log_weight) * y ** (shape - 1) * np.exp(-rate * y)).sum(axis=1)
    exact = gamma(shape) / rate**shape * (gammainc(shape, rate * upper) - gammainc(shape, rate * lower))
    assert found == pytest.approx(exact, rel=1e-8, abs=1e-15)


@pytest.mark.parametrize(("rows", "ends"), [(0, []), (3, [4]), (4, [4]), (5, [4, 8]), (9, [4, 8, 12])])
def test_split_blocks__cover_every_row_once(rows: int, ends: list[int]) -> None:
    blocks = split_blocks(rows, size=4)
    assert [block.stop for block in blocks] == ends
    assert [row for block in blocks for row in range(rows)[block]] == list(range(rows))

"""The model matrix has the same bounded, scale-free columns for every snapshot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tenure_features import Catalogue
from tenure_training.models.btyd.btyd_ensemble import BtydEnsemble, Expectation
from tenure_training.models.design import RHYTHM_PART_NAME, by_term, design, term_of


@pytest.fixture(scope="module")
def expected(frame) -> Expectation:
    return BtydEnsemble.fit(frame.present).expect(frame.present, days=60)


@pytest.fixture(scope="module")
def matrix(frame, expected):
    return design(frame.present, expected, units={})


def test_design__has_a_finite_or_missing_number_in_every_cell(matrix, frame):
    assert len(matrix) == len(frame.present)
    assert set(matrix.dtypes.astype(str)) == {"float64"}
    assert not np.isinf(matrix.to_numpy()).any()
    assert not {"customer_id", "as_of"} & set(matrix.columns)


def test_design__keeps_what_is_missing_missing(matrix, frame):
    once = frame.present["orders_total"] == 1
    assert once.any()
    assert matrix.loc[once.to_numpy(), "adbt_days"].isna().all()
    assert matrix.loc[~once.to_numpy(), "adbt_days"].notna().all()


def test_design__has_the_same_columns_for_one_customer(matrix, frame):
    first = frame.present.iloc[:1]
    one = design(first, BtydEnsemble.fit(frame.present).expect(first, days=60), units={})
    assert list(one.columns) == list(matrix.columns)
    np.testing.assert_allclose(one.iloc[0], matrix.iloc[0], rtol=1e-12)


def test_design__knows_no_currency(matrix, frame, expected):
    money = [one.name for one in Catalogue() if one.unit == "money" and one.name in frame.present]
    dear = frame.present.assign(**{name: 1000 * frame.present[name] for name in money})
    told = replace(expected, spend=1000 * expected.spend, typical_spend=1000 * expected.typical_spend)
    np.testing.assert_allclose(design(dear, told, units={}), matrix, rtol=1e-10, atol=1e-12)


def test_design__keeps_the_order_and_the_sign_of_every_amount(frame, expected):
    amounts = np.linspace(-500, 500, len(frame.present))
    column = design(frame.present.assign(revenue_total=amounts), expected, units={})["revenue_total"]
    assert (np.diff(column) > 0).all()
    np.testing.assert_array_equal(np.sign(column), np.sign(amounts))


def test_design__bounds_ratios(frame, expected):
    wild = frame.present.assign(gap_last_ratio=1e9, lateness_z=-1e9)
    column = design(wild, expected, units={})
    assert column["gap_last_ratio"].abs().max() < 1e3
    assert column["lateness_z"].abs().max() < 1e3


def test_design__reaches_the_models_through_the_window(frame, matrix):
    longer = design(frame.present, BtydEnsemble.fit(frame.present).expect(frame.present, days=120), units={})
    changed = [name for name in matrix if not longer[name].equals(matrix[name])]
    assert changed
    assert all(name.startswith("rhythm_") for name in changed)


def test_design__does_without_features_that_are_missing_from_a_snapshot(frame, expected):
    assert "lateness" not in design(frame.present.drop(columns="lateness"), expected, units={})


def test_terms__are_features_or_the_rhythm(matrix, frame):
    assert {term_of(column) for column in matrix} <= {*frame.features, RHYTHM_PART_NAME}


def test_terms__add_up_to_the_columns(matrix):
    parts = np.random.default_rng(1).normal(size=matrix.shape)
    terms = by_term(list(matrix.columns), parts)
    np.testing.assert_allclose(sum(terms.values()), parts.sum(axis=1))
    position = list(matrix.columns).index("recency_days")
    np.testing.assert_array_equal(terms["recency_days"], parts[:, position])

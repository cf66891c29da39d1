"""Scores follow from the bundle alone, row by row, and what cannot be scored is refused with a sentence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tenure_features.errors import DataContractError, UsageError
from tenure_features.families.catalogue import BUILT_IN
from tenure_features.float_table import FloatTable
from tenure_serving.score_columns import CLV_COLUMNS, SCHEMA, days_to_next_order
from tenure_serving.scorer import Scorer
from tenure_training.models.after.attrition import Attrition
from tenure_training.models.after.credibility import Credibility
from tenure_training.models.after.economics import Economics
from tenure_training.models.after.lifetime import Lifetime
from tenure_training.models.after.money_to_date import MONEY_TO_DATE
from tenure_training.models.after.next_order import NextOrder
from tenure_training.models.btyd.paretonbd import ParetoNBD
from tenure_training.models.contract import Contributions, Prediction

TOLD = Attrition(model=ParetoNBD(r=0.5, alpha=30.0, s=2.0, beta=800.0), gain=50.0, observed_days=900.0)


def test_scorer__gives_every_column_in_order_with_its_type(bundle, snapshot):
    table = Scorer(bundle).score(snapshot)
    beyond = {"next_order_low_at", "next_order_high_at", *CLV_COLUMNS}
    assert table.columns.tolist() == [name for name in SCHEMA if name not in beyond]  # no costs, and no extras
    kinds = {"string": "str", "long": "int64", "double": "float64", "datetime": "datetime64[us]", "strings": "object"}
    assert table.dtypes.astype(str).to_dict() == {name: kinds[kind] for name, kind in SCHEMA.items() if name in table}
    assert table.drop(columns="next_order_at").notna().all(axis=None)


def test_scorer__says_of_one_customer_what_it_says_of_all_to_the_last_bit(bundle, snapshot):
    """Without a data frame, row by row; a usual gap and tenure nobody knows are among them."""
    snapshot = snapshot.head(40).assign(
        order_days=lambda rows: rows["orders_total"], span_days=lambda rows: rows["tenure_days"] / 2, value_mean=30.0,
        adbt_cv=np.nan, complaints_since_order=1.0, complaint_recency_days=10.0,
    )  # fmt: skip
    snapshot.loc[3, ["adbt_days", "value_mean", "span_days"]] = np.nan
    timing = NextOrder.fit(snapshot, horizon_days=90)
    lifetime = replace(Lifetime.fit(snapshot, Economics(cac=4.0), horizon_days=90), attrition=TOLD)
    names = [name for name in snapshot if name not in ("customer_id", "as_of")]
    info = replace(bundle.info, catalogue=BUILT_IN.describe(names))
    more = replace(bundle, info=info, extras={"next_order": timing.to_dict(), "lifetime": lifetime.to_dict()})
    scorer, as_of = Scorer(more), snapshot["as_of"].iloc[0]
    table = scorer.score(snapshot)
    assert table["warnings"].str.len().sum() > 0
    for row in range(0, 40, 3):
        one = FloatTable.of(snapshot.iloc[[row]], names)
        answer = scorer.score_columns([snapshot["customer_id"].iloc[row]], one, as_of=as_of)
        assert list(answer) == table.columns.tolist()
        got, expected = pd.Series({name: pd.Series(column)[0] for name, column in answer.items()}), table.iloc[row]
        same = [left == right or (pd.isna(left) and pd.isna(right)) for left, right in zip(got, expected, strict=True)]
        assert all(same), table.columns[np.logical_not(same)].tolist()


def test_scorer__refuses_of_one_customer_what_it_refuses_of_all(bundle, snapshot):
    scorer, names = Scorer(bundle), list(bundle.info.features)
    two, as_of = FloatTable.of(snapshot.head(2), names), bundle.info.as_of
    with pytest.raises(DataContractError, match="one row per customer"):
        scorer.score_columns(["a", "a"], two, as_of=as_of)
    with pytest.raises(DataContractError, match="lacks columns this model was trained on"):
        scorer.score_columns(["a", "b"], FloatTable.of(snapshot.head(2), names[1:]), as_of=as_of)
    with pytest.raises(DataContractError, match="has seen orders from the time to be predicted"):
        scorer.score_columns(["a", "b"], two, as_of=as_of - pd.Timedelta(days=1))
    with pytest.raises(DataContractError, match="'recency_days' is infinite"):
        scorer.score_columns(["a", "b"], FloatTable(two.places, np.full_like(two.block, np.inf)), as_of=as_of)


def test_scorer__numbers_worked_by_hand(bundle, snapshot):
    three = snapshot.head(3).assign(recency_days=[0.0, 30.0, 600.0], tenure_days=700.0)
    table = Scorer(bundle).score(three)
    np.testing.assert_allclose(table["churn_probability"], [0.0, 0.5, 1 - 2.0**-20])
    np.testing.assert_allclose(table["expected_orders"], [2, 1, 2.0**-19])
    np.testing.assert_allclose(table["expected_value"], [100, 50, 100 * 2.0**-20])
    np.testing.assert_allclose(table["value_low"].head(2), [20, 10])
    np.testing.assert_allclose(table["value_high"].head(2), [180, 90])
    np.testing.assert_allclose(table["q50"].head(2), [100, 50])
    assert table["next_order_at"].tolist()[:2] == [pd.Timestamp("2024-06-01"), pd.Timestamp("2024-08-30")]
    assert pd.isna(table["next_order_at"].iloc[2])
    assert table["horizon_days"].tolist() == [90] * 3
    assert (table["model_version"] == bundle.version).all()


def test_scorer__gives_what_the_bundle_carries_beyond_the_prediction(bundle, snapshot):
    snapshot = snapshot.head(24)
    rich = snapshot.assign(order_days=snapshot["orders_total"], span_days=snapshot["tenure_days"] / 2, value_mean=30.0)
    timing, economics = NextOrder.fit(rich, horizon_days=90), Economics(margin=Credibility(mean=0.5), cac=4.0)
    lifetime = replace(Lifetime.fit(rich, economics, horizon_days=90), attrition=TOLD)
    rich = rich.assign(**dict.fromkeys(MONEY_TO_DATE, 20.0))
    names = ("order_days", "span_days", "value_mean")
    info = replace(bundle.info, catalogue=BUILT_IN.describe([*bundle.info.features, *names]))
    more = replace(bundle, info=info, extras={"next_order": timing.to_dict(), "lifetime": lifetime.to_dict()})
    table = Scorer(more).score(rich)
    assert table.columns.tolist() == list(SCHEMA)
    dated = table["next_order_at"].notna()
    assert dated.tolist() == (table["churn_probability"] <= 0.9).tolist()
    order = table.loc[dated, ["as_of", "next_order_low_at", "next_order_at", "next_order_high_at"]]
    assert (order.diff(axis=1).iloc[:, 1:] >= pd.Timedelta(0)).all(axis=None)
    # revenue 20 of known cost 20: nothing is left of the past
    assert (table["contribution_to_date"] == 0).all()
    assert table["clv_before_cac"].to_numpy() == pytest.approx(table["clv_to_come"].to_numpy())
    assert (table["clv_net"] + 4.0).to_numpy() == pytest.approx(table["clv_before_cac"].to_numpy())
    part = Scorer(more, chunk_rows=7).score(rich.iloc[::-1]).iloc[::-1]
    pd.testing.assert_frame_equal(part, table)
    assert Scorer(more).score(rich.head(0)).columns.tolist() == list(SCHEMA)


def test_days_to_next_order__is_the_median_of_the_hazard_it_names():
    p = np.array([0.1, 0.4, 0.9])
    half = days_to_next_order(p, horizon_days=60)
    np.testing.assert_allclose((1 - p) ** (half / 60), 0.5)


def test_scorer__no_row_depends_on_another_or_on_the_chunk(bundle, snapshot):
    whole = Scorer(bundle).score(snapshot)
    order = np.random.default_rng(1).permutation(len(snapshot))
    shuffled = Scorer(bundle, chunk_rows=37).score(snapshot.iloc[order])
    pd.testing.assert_frame_equal(shuffled, whole.iloc[order])
    alone = Scorer(bundle).score(snapshot.iloc[[17]])
    pd.testing.assert_frame_equal(alone, whole.iloc[[17]])


def test_scorer__columns_it_does_not_know_change_nothing(bundle, snapshot):
    more = snapshot[snapshot.columns[::-1]].assign(surplus=1.0)
    pd.testing.assert_frame_equal(Scorer(bundle).score(more), Scorer(bundle).score(snapshot))


def test_scorer__later_customers_are_held_to_the_stored_thresholds(bundle, snapshot, later_snapshot):
    table = Scorer(bundle).score(later_snapshot)
    best = later_snapshot.assign(orders_total=50.0, revenue_total=1e6, recency_days=0.0)
    scores = ["recency_score", "frequency_score", "monetary_score"]
    assert (Scorer(bundle).score(best)[scores] == 5).all(axis=None)
    assert (table["as_of"] == pd.Timestamp("2024-07-01")).all()


def test_scorer__loads_from_its_folder(bundle, snapshot):
    loaded = Scorer.load(bundle.folder)
    pd.testing.assert_frame_equal(loaded.score(snapshot), Scorer(bundle).score(snapshot))
    assert loaded.version == bundle.version
    assert loaded.definitions["churn"] == "no order with positive revenue within 90 days from as_of"


def test_scorer__nobody_to_score_is_an_empty_table(bundle, snapshot):
    empty = Scorer(bundle).score(snapshot.head(0))
    full = Scorer(bundle).score(snapshot)
    assert empty.dtypes.astype(str).to_dict() == full.dtypes.astype(str).to_dict()
    assert len(empty) == 0


def test_scorer__without_a_distribution_the_interval_is_absent(pointwise_bundle, snapshot):
    for rows in (snapshot, snapshot.head(0)):
        table = Scorer(pointwise_bundle).score(rows)
        assert not {"value_low", "value_high", "value_high_95", "q50"} & set(table.columns)
        assert "expected_value" in table


def test_scorer__intervals_of_three_levels_lie_in_each_other(bundle, snapshot):
    table, said = Scorer(bundle).score(snapshot), bundle.candidate.predict(snapshot)
    for suffix, level in (("_50", 0.5), ("", 0.8), ("_95", 0.95)):
        low, high = said.interval(level)
        np.testing.assert_array_equal(table[f"value_low{suffix}"], low)
        np.testing.assert_array_equal(table[f"value_high{suffix}"], high)
    assert (table["value_high_50"] <= table["value_high"]).all()
    assert (table["value_high"] <= table["value_high_95"]).all()


def test_scorer__reasons_belong_to_their_row(bundle, snapshot, monkeypatch):
    def explain(rows):
        silence = rows[["recency_days"]].to_numpy() / 50
        return Contributions(features=["recency_days"], churn=silence, churn_base=0.0, value=-silence, value_base=0.0)

    monkeypatch.setattr(bundle.candidate, "contributions", explain, raising=False)
    whole = Scorer(bundle).score(snapshot)
    pd.testing.assert_frame_equal(Scorer(bundle, chunk_rows=64).score(snapshot), whole)
    longest = whole.loc[snapshot["recency_days"].idxmax()]
    assert f"{snapshot['recency_days'].max():.0f} days" in longest["churn_reasons"][0]
    assert longest["value_reasons"]


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda s: s.drop(columns=["adbt_days", "tenure_days"]), "lacks columns .* Found: no tenure_days, adbt_days"),
        (lambda s: s.drop(columns="as_of"), "Found: no as_of"),
        (lambda s: s.assign(as_of=pd.Timestamp("2024-05-31")), "trained as of 2024-06-01 .* Found: as_of 2024-05-31"),
        (lambda s: s.assign(as_of=[pd.Timestamp("2024-06-02"), *s["as_of"][1:]]), "has one as_of. Found: 2024-06-01"),
        (lambda s: s.assign(customer_id="c1"), "one row per customer. Found: c1 more than once"),
        (lambda s: s.assign(adbt_days="soon"), "'adbt_days' must be a number"),
        (lambda s: s.assign(revenue_total=np.inf), "'revenue_total' is infinite"),
    ],
)
def test_scorer__refuses_what_the_model_does_not_fit(bundle, snapshot, spoil, sentence):
    with pytest.raises(DataContractError) as refusal:
        Scorer(bundle).score(spoil(snapshot))
    assert pd.Series([str(refusal.value)]).str.contains(sentence).all(), str(refusal.value)


def test_scorer__refuses_another_currency_and_takes_its_own(bundle, snapshot):
    with pytest.raises(DataContractError, match="The model counts in EUR, the orders are in USD"):
        Scorer(bundle).score(snapshot, currency="USD")
    assert len(Scorer(bundle).score(snapshot, currency="EUR")) == len(snapshot)


def test_scorer__a_model_without_an_answer_is_not_written_down(bundle, snapshot, monkeypatch):
    bad = np.where(np.arange(len(snapshot)) == 5, np.nan, 0.5)
    monkeypatch.setattr(
        bundle.candidate,
        "predict",
        lambda rows: Prediction(buy_probability=bad, expected_orders=bad, expected_value=bad),
        raising=False,
    )
    with pytest.raises(DataContractError, match="3 missing numbers"):
        Scorer(bundle).score(snapshot)


def test_scorer__chunks_hold_somebody(bundle):
    with pytest.raises(UsageError, match="at least one"):
        Scorer(bundle, chunk_rows=0)


def test_scorer__a_folder_without_a_bundle_is_a_usage_error(tmp_path):
    with pytest.raises(UsageError, match="no model bundle"):
        Scorer.load(tmp_path)

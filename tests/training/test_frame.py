"""Nothing in a training frame knows what comes at or after its moment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy.special import expit, logit

from tenure_features import snapshots
from tenure_features.errors import DataContractError
from tenure_training.frame import HALF_LIFE_DAYS, Frames
from tenure_training.models.contract import TrainingFrame
from tenure_training.models.training_matrix import training_matrix_of
from tenure_training.training import train


def _closes(frame: TrainingFrame) -> pd.Series:
    return frame.rows["as_of"] + pd.to_timedelta(frame.window_days, unit="D")


def _other_future(orders: pd.DataFrame, as_of: pd.Timestamp, *, seed: int) -> pd.DataFrame:
    """The same past; a future with other amounts, other customers, orders deleted and orders added."""
    generator = np.random.default_rng(seed)
    past, future = orders[orders["ordered_at"] < as_of], orders[orders["ordered_at"] >= as_of]
    kept = future.sample(frac=0.5, random_state=seed)
    changed = kept.assign(
        revenue=np.round(kept["revenue"] * generator.uniform(0.1, 50, len(kept)), 2),
        customer_id=generator.permutation(kept["customer_id"].to_numpy()),
    )
    at = as_of + pd.to_timedelta(np.r_[0, generator.integers(0, 60 * 86400, 80)], unit="s")
    names = np.r_[["new0"], generator.choice([*past["customer_id"].unique(), "new1", "new2"], 80)]
    added = pd.DataFrame({"customer_id": names, "ordered_at": at, "revenue": generator.choice([-30.0, 900.0], 81)})
    return pd.concat([past, changed, added.astype(orders.dtypes.to_dict())]).sample(frac=1, random_state=seed)


def _assert_same(one: TrainingFrame, other: TrainingFrame) -> None:
    for part in ("rows", "labels", "present"):
        assert_frame_equal(getattr(one, part), getattr(other, part), check_exact=True)
    np.testing.assert_array_equal(one.window_days, other.window_days)
    np.testing.assert_array_equal(one.weight, other.weight)


def test_frame__holds_closed_windows_of_several_lengths(frame, as_of):
    assert (_closes(frame) <= as_of).all()
    assert len(set(frame.window_days)) >= 2
    assert frame.label_days == frame.horizon_days == 60
    assert frame.origins == sorted(set(frame.rows["as_of"]))
    assert (frame.present["as_of"] == as_of).all()


def test_frame__aligns_rows_labels_lengths_and_weights(frame):
    assert len(frame.rows) == len(frame.labels) == len(frame.window_days) == len(frame.weight)
    assert not frame.rows.assign(days=frame.window_days).duplicated(["customer_id", "as_of", "days"]).any()
    age = (frame.as_of - frame.rows["as_of"]).dt.days
    np.testing.assert_allclose(frame.weight, 0.5 ** (age / HALF_LIFE_DAYS) * frame.window_days / 60)


def test_frame__has_no_label_of_the_present(frame):
    assert list(frame.present.columns) == list(frame.rows.columns)
    assert not {"bought", "orders", "value"} & set(frame.present.columns)
    assert not (frame.rows["as_of"] == frame.as_of).any()


def test_frame__features_are_those_of_a_log_cut_at_each_origin(frame, orders, open_log):
    for origin in frame.origins[::2]:
        at_origin = frame.rows[frame.rows["as_of"] == origin].drop_duplicates("customer_id").reset_index(drop=True)
        cut = open_log(orders[orders["ordered_at"] < origin], origin)
        assert_frame_equal(at_origin, snapshots(cut, [origin]), check_exact=True)


def test_frame__labels_are_what_the_orders_say(frame, orders):
    """A second way to the labels, in plain pandas, row by row of the definition."""
    rows = frame.rows[["customer_id", "as_of"]].assign(closes=_closes(frame), row=np.arange(len(frame.rows)))
    pairs = rows.merge(orders, on="customer_id")
    inside = pairs[(pairs["ordered_at"] >= pairs["as_of"]) & (pairs["ordered_at"] < pairs["closes"])]
    count = inside[inside["revenue"] > 0].groupby("row").size().reindex(rows["row"], fill_value=0)
    value = inside.groupby("row")["revenue"].sum().reindex(rows["row"], fill_value=0.0)
    np.testing.assert_array_equal(frame.labels["orders"], count)
    np.testing.assert_array_equal(frame.labels["bought"], count > 0)
    np.testing.assert_allclose(frame.labels["value"], value, atol=1e-6)
    assert 0 < frame.labels["bought"].mean() < 1


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_frame__does_not_depend_on_the_future(frame, orders, as_of, open_log, seed):
    other = Frames(open_log(_other_future(orders, as_of, seed=seed)))
    _assert_same(frame, other.frame(as_of, horizon_days=60))


def test_frame__is_that_of_a_log_without_a_future(frame, orders, as_of, open_log):
    cut = Frames(open_log(orders[orders["ordered_at"] < as_of], as_of))
    _assert_same(frame, cut.frame(as_of, horizon_days=60))


def test_champion__does_not_depend_on_the_future(training, orders, as_of, open_log, tmp_path: Path):
    other = train(
        Frames(open_log(_other_future(orders, as_of, seed=4))),
        as_of=as_of, horizon_days=60, seed=7, candidates=["blend"],
    )  # fmt: skip
    assert other.choice == training.choice
    one, two = (each.champion.predict(each.frame.present) for each in (training, other))
    np.testing.assert_array_equal(one.buy_probability, two.buy_probability)
    np.testing.assert_array_equal(one.quantiles, two.quantiles)
    for name, each in (("one", training), ("two", other)):
        each.champion.save(tmp_path / name)
    files = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert files == sorted(path.name for path in (tmp_path / "two").iterdir())
    assert all((tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes() for file in files)


def test_frames__narrow_the_population_to_the_active(orders, as_of, open_log, frame):
    active = Frames(open_log(orders), active_days=60).frame(as_of, horizon_days=60)
    expected = frame.present[frame.present["recency_days"] <= 60].reset_index(drop=True)
    assert_frame_equal(active.present, expected)
    assert active.rows["recency_days"].max() <= 60
    keys = ["customer_id", "as_of"]
    whole = frame.rows[keys].assign(days=frame.window_days, **frame.labels)
    narrow = active.rows[keys].assign(days=active.window_days, **active.labels)
    assert_frame_equal(narrow.merge(whole, on=[*keys, "days"], suffixes=("", "_whole")).iloc[:, : narrow.shape[1]],
                       narrow)  # fmt: skip
    same = narrow.merge(whole, on=[*keys, "days"], suffixes=("", "_whole"))
    np.testing.assert_array_equal(same["value"], same["value_whole"])


def test_frames__learn_from_a_sample_and_keep_everybody_present(orders, as_of, open_log, frame):
    """Rows, labels and weights of the sample are those it has in the whole; the present is everybody."""
    most = len(frame.present) // 2
    sampled = Frames(open_log(orders, as_of), most_customers=most).frame(as_of, horizon_days=60)
    assert_frame_equal(sampled.present, frame.present)
    assert sampled.rows.groupby(["as_of"])["customer_id"].nunique().max() <= most
    keys = ["customer_id", "as_of", "days"]
    whole, part = (
        pd.concat([each.rows, each.labels], axis=1).assign(days=each.window_days, weight=each.weight)
        for each in (frame, sampled)
    )
    assert 0 < len(part) < len(whole)
    assert_frame_equal(part, part[keys].merge(whole, on=keys)[part.columns])


def test_frames__of_a_large_shop_hold_a_sample_with_everything_it_did(orders, as_of, open_log, frame):
    """Present, rows and labels are those of the whole, of some customers alone; who is learnt from is among them."""
    most = len(frame.present) // 2
    frames = Frames(open_log(orders, as_of), most_judged=most, most_customers=most // 2)
    sampled = frames.frame(as_of, horizon_days=60)
    assert (frames.sample.customers, frames.sample.of) == (most, len(frame.present))
    assert len(sampled.present) == most
    assert_frame_equal(sampled.present, frame.present.merge(sampled.present["customer_id"], on="customer_id"))
    assert set(sampled.rows["customer_id"]) < set(sampled.present["customer_id"])
    learnt = Frames(open_log(orders, as_of), most_customers=most // 2).frame(as_of, horizon_days=60)
    assert_frame_equal(sampled.rows, learnt.rows)
    assert_frame_equal(sampled.labels, learnt.labels)
    np.testing.assert_array_equal(sampled.weight, learnt.weight)


def test_frames__of_one_log_share_what_was_fitted_at_an_origin(frames, as_of):
    """Later frames hold the same snapshot of an origin, so the rhythm is fitted to it once."""
    early, late = (frames.frame(at, horizon_days=60) for at in (as_of - pd.Timedelta(days=60), as_of))
    training_matrix_of(early)
    known = dict(early.fitted_at)
    training_matrix_of(late)
    common = {origin for _, origin in known} & set(late.origins)
    assert common
    assert {key: late.fitted_at[key] for key in known} == known
    assert sum(origin in common for _, origin in late.fitted_at) == len(common)


def test_training_matrix__tells_the_lengths_of_windows_apart_as_of_one_moment(frames, as_of):
    """Everybody within as many days is expected to do the same at every origin: who has left since says nothing."""
    frame = frames.frame(as_of, horizon_days=60)
    matrix = training_matrix_of(frame)
    of_length = pd.Series(matrix.rhythm_of_length).groupby(frame.window_days).unique()
    assert of_length.map(len).eq(1).all()
    lengths = of_length.map(lambda values: values[0]).sort_index()
    assert len(lengths) > 1
    assert (lengths.diff().dropna() > 0.1).all()
    assert matrix.rhythm_of_horizon == lengths[60]
    latest = frame.rows["as_of"].eq(frame.rows["as_of"].max()).to_numpy()
    for days in np.unique(frame.window_days[latest]):
        share = expit(matrix.rhythm[latest & (frame.window_days == days)]).mean()
        assert lengths[days] == pytest.approx(logit(share))


def test_frame__of_nobody_is_refused_with_the_moment(frames, orders):
    before = orders["ordered_at"].min().normalize()
    with pytest.raises(DataContractError, match="Nobody ordered") as caught:
        frames.frame(before, horizon_days=30)
    assert f"{before:%Y-%m-%d}" in str(caught.value)


def test_frames__keep_what_they_computed(frames, frame, as_of, monkeypatch):
    def refused(*arguments, **options):
        raise AssertionError("computed twice")

    monkeypatch.setattr("tenure_training.frame.snapshots", refused)
    monkeypatch.setattr("tenure_training.frame.outcomes", refused)
    _assert_same(frame, frames.frame(as_of, horizon_days=60))

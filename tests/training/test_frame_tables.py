"""Frames with tables beside the orders: nothing of the future, and the customer table's levels fixed at the moment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from tenure_features import Catalogue, open_shop, snapshots
from tenure_features.families.calendar import Calendar
from tenure_features.families.profile_features import calendar_names, profile_names
from tenure_features.histories import BESIDE
from tenure_features.tables.contracts import TABLES
from tenure_simulator import preset, simulate
from tenure_training.frame import Frames
from tenure_training.models.btyd.btyd_ensemble import BtydEnsemble
from tenure_training.models.contract import TrainingFrame
from tenure_training.models.design import design, units_beside

Tables = Mapping[str, pd.DataFrame]
READ = ("orders", "order_lines", *BESIDE)
WHEN = {name: when for name in READ if (when := TABLES[name].dated_by)}
HORIZON_DAYS = 60


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    folder = tmp_path_factory.mktemp("shop")
    simulate(preset("tiny", customers=120, seed=5), folder, expectations=False)
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in READ}


@pytest.fixture(scope="module")
def as_of(tables: Tables) -> pd.Timestamp:
    return (tables["orders"]["ordered_at"].max() - pd.Timedelta(days=90)).normalize()


@pytest.fixture(scope="module")
def frames_of(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Frames]:
    def build(tables: Tables, *, calendar: Calendar | None = None) -> Frames:
        folder: Path = tmp_path_factory.mktemp("tables")
        for name, rows in tables.items():
            rows.to_parquet(folder / f"{name}.parquet", index=False)
        paths = {name: folder / f"{name}.parquet" for name in tables}
        return Frames(open_shop(paths.pop("orders"), **paths, calendar=calendar))

    return build


@pytest.fixture(scope="module")
def frames(tables: Tables, frames_of: Callable[..., Frames]) -> Frames:
    return frames_of(tables, calendar=Calendar("DE"))


@pytest.fixture(scope="module")
def frame(frames: Frames, as_of: pd.Timestamp) -> TrainingFrame:
    return frames.frame(as_of, horizon_days=HORIZON_DAYS)


def test_frame__does_not_depend_on_the_future_of_any_table(tables, frames_of, frame, as_of):
    orders = tables["orders"]
    other = {}
    for name, rows in tables.items():
        known = orders.loc[orders["ordered_at"] < as_of, "order_id"]
        past = rows[WHEN[name]] < as_of if name in WHEN else rows["order_id"].isin(known)
        future = rows[~past].iloc[::2].copy()
        for column in future.select_dtypes("number"):
            future[column] = 1.0 if name == "feedback" else future[column] * 7
        if name == "customers":
            future["region"] = "moon"
        if name in WHEN and len(future):
            future.loc[future.index[0], WHEN[name]] = as_of
        other[name] = pd.concat([rows[past], future]).sample(frac=1, random_state=1)
    again = frames_of(other, calendar=Calendar("DE")).frame(as_of, horizon_days=HORIZON_DAYS)
    for part in ("rows", "labels", "present"):
        assert_frame_equal(getattr(frame, part), getattr(again, part), check_exact=True)


def test_frame__holds_features_of_every_table_and_the_levels_of_its_moment(frames, frame, as_of):
    found = {one.table for one in Catalogue() if one.name in frame.features}
    assert found == {one.table for one in Catalogue()}
    levels = list(profile_names(frames._shop.tables["customers"], as_of))
    assert [name for name in frame.features if "=" in name] == levels
    assert len(levels) > 8
    earlier = frames.frame(as_of - pd.Timedelta(days=HORIZON_DAYS), horizon_days=HORIZON_DAYS)
    assert_frame_equal(earlier.present[frame.features[:20]], _at(frame, earlier.as_of)[frame.features[:20]])


def _at(frame: TrainingFrame, origin: pd.Timestamp) -> pd.DataFrame:
    rows = frame.rows[(frame.rows["as_of"] == origin) & (frame.window_days == frame.window_days.max())]
    return rows.reset_index(drop=True)


def test_frame__is_what_snapshots_say_when_a_model_asks_for_its_features(frames, frame, as_of):
    asked = snapshots(frames._shop, as_of, features=frame.features, window_days=HORIZON_DAYS)
    assert_frame_equal(asked, frame.present, check_exact=True)


def test_frame__calendar_speaks_of_each_rows_own_window(frame, as_of):
    for origin, days in {(at, length) for at, length in zip(frame.rows["as_of"], frame.window_days, strict=True)}:
        rows = frame.rows[(frame.rows["as_of"] == origin) & (frame.window_days == days)]
        end = origin + pd.Timedelta(days=days)
        holidays = Calendar("DE").holidays(origin.date(), end.date())
        assert set(rows["window_holidays"]) == {float(len(holidays))}
    assert frame.rows["window_holidays"].min() < frame.rows["window_holidays"].max()
    year_ago = as_of - pd.Timedelta(days=365)
    assert (year_ago in set(frame.rows["as_of"])) == (year_ago > frame.origins[0])
    assert list(frame.present.columns[-5:]) == list(calendar_names(Calendar("DE"), Catalogue()))


def test_design__takes_what_tables_say_and_knows_no_currency(frame):
    expected = BtydEnsemble.fit(frame.present).expect(frame.present, days=HORIZON_DAYS)
    matrix = design(frame.present, expected, units=units_beside(frame.features, frame.catalogue))
    outside = {"signup_days", "age_years"}  # age only where it is asked for
    beside = [one.name for one in Catalogue() if one.table != "orders" and one.name not in outside]
    assert "age_years" not in matrix.columns
    assert set(beside) <= set(matrix.columns)
    assert not np.isinf(matrix.to_numpy()).any()
    money = [one.name for one in Catalogue() if one.unit.startswith("money") and one.name in frame.present]
    dear = frame.present.assign(**{name: 1000 * frame.present[name] for name in money})
    dear_expected = BtydEnsemble.fit(dear).expect(dear, days=HORIZON_DAYS)
    same = [name for name in beside if name in matrix]
    np.testing.assert_allclose(
        design(dear, dear_expected, units=units_beside(frame.features, frame.catalogue))[same],
        matrix[same],
        rtol=1e-6,
        atol=1e-9,
    )


def test_design__of_orders_alone_is_as_without_any_other_table(frame):
    of_orders = [one.name for one in Catalogue() if one.table == "orders"]
    alone = frame.present[["customer_id", "as_of", *of_orders]]
    expected = BtydEnsemble.fit(alone).expect(alone, days=HORIZON_DAYS)
    matrix = design(alone, expected, units=units_beside(of_orders, frame.catalogue))
    columns = [name for name in matrix.columns if not name.startswith("rhythm_")]
    assert set(columns) < set(of_orders)
    assert len(columns) == 33

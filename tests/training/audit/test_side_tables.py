"""Leaks planted in tables beside the orders: the audit names the features of that table, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import numpy as np
import pandas as pd
import pytest

from tenure_features import Catalogue, histories, open_shop
from tenure_features.histories import BESIDE
from tenure_features.tables.contracts import TABLES
from tenure_simulator import preset, simulate
from tenure_training.audit import Tables, reopen
from tenure_training.audit.doctor import add_future, change_future, delete_future
from tenure_training.audit.features import later_rows
from tenure_training.frame import Frames

READ = ("orders", "order_lines", *BESIDE)
DATED = {name: when for name in BESIDE if name != "customers" and (when := TABLES[name].dated_by)}
BOTH = ["deleted", "changed and added"]


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Tables:
    """Every table of a small shop that names customers."""
    folder = tmp_path_factory.mktemp("shop")
    simulate(preset("tiny", customers=60, seed=5), folder, expectations=False)
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in READ}


@pytest.fixture(scope="module")
def moment(tables: Tables) -> pd.Timestamp:
    return (tables["orders"]["ordered_at"].max() - pd.Timedelta(days=90)).normalize()


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory, tables: Tables) -> Callable[[Tables], Frames]:
    """From rows to frames, as ``tenure audit`` does it."""
    number = count()
    whole = Frames(open_shop(tables["orders"]))

    def built(given: Tables) -> Frames:
        folder = tmp_path_factory.mktemp(f"rows{next(number)}")
        return whole.of(reopen(given, folder, until=pd.Timestamp("2100-01-01"), returns="net"))

    return built


def _tables_of(features) -> set[str]:
    table = {one.name: one.table for one in Catalogue()}
    return {table[name] for name in features}


def _recorded(tables: Tables, name: str, *, days: float) -> Tables:
    """Say of a table that its rows were recorded some days after they happened."""
    rows = tables[name]
    return {**tables, name: rows.assign(recorded_at=rows[DATED[name]] + pd.Timedelta(days=days))}


def test_later_rows__of_every_table_reach_nothing(tables, build, moment):
    for given in (tables, _recorded(tables, "events", days=3)):
        found = later_rows(given, build, moments=[moment], seed=3)
        assert (found.verdict, found.suspects) == ("passed", ())


@pytest.mark.parametrize("name", DATED)
def test_later_rows__are_named_where_a_table_is_read_a_day_late(tables, build, moment, monkeypatch, name):
    honest = histories.pair_known

    def a_day_late(rows, origins, *, when):
        if when != DATED[name]:
            return honest(rows, origins, when=when)
        late = honest(rows, [origin + pd.Timedelta(days=1) for origin in origins], when=when)
        return late.mutate(as_of=late.as_of - pd.Timedelta(days=1))

    monkeypatch.setattr(histories, "pair_known", a_day_late)
    found = later_rows(tables, build, moments=[moment], seed=3, futures=["changed and added"])
    assert found.failed
    assert _tables_of(found.suspects) == {name}


@pytest.mark.parametrize("future", BOTH)
def test_later_rows__are_named_where_the_moment_of_recording_is_ignored(tables, build, moment, monkeypatch, future):
    honest = histories.pair_known
    monkeypatch.setattr(
        histories,
        "pair_known",
        lambda rows, origins, *, when: (
            honest(rows.drop("recorded_at"), origins, when=when)
            if "recorded_at" in rows.columns
            else honest(rows, origins, when=when)
        ),
    )
    late = _recorded(tables, "events", days=20)
    found = later_rows(late, build, moments=[moment], seed=3, futures=[future])
    assert found.failed
    assert _tables_of(found.suspects) == {"events"}


EVENTS = pd.DataFrame(
    {
        "customer_id": ["early", "slow", "late", "undated"],
        "occurred_at": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-11", None]),
        "recorded_at": pd.to_datetime([None, "2024-01-10", "2024-01-11", None]),
        "value": [1.0, 2.0, 3.0, 4.0],
    }
)
MOMENT = pd.Timestamp("2024-01-10")


def test_deleted__leaves_what_was_known_and_rows_without_a_moment():
    left = delete_future(EVENTS, "occurred_at", MOMENT, np.random.default_rng(0))
    assert list(left["customer_id"]) == ["early", "undated"]


def test_changed__touches_rows_recorded_later_and_no_other():
    after = change_future(EVENTS, "occurred_at", MOMENT, np.random.default_rng(0))
    known = after[after["customer_id"].isin(["early", "undated"])]
    assert sorted(known["value"]) == [1.0, 4.0]
    assert not {2.0, 3.0} & set(after["value"])
    assert sorted(after["recorded_at"].dropna()) == sorted(EVENTS["recorded_at"].dropna())


def test_added__rows_lie_at_the_moment_after_it_or_were_recorded_then():
    after = add_future(EVENTS, "occurred_at", MOMENT, np.random.default_rng(0))
    new = after.iloc[len(EVENTS) :]
    happened, recorded = new["occurred_at"] >= MOMENT, new["recorded_at"] >= MOMENT
    assert (happened | recorded).all()
    assert (~happened & recorded).any()
    assert (new["occurred_at"] == MOMENT).any()

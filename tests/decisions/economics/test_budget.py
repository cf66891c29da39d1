from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq

from tenure_decisions.economics.budget import DIRECTION, budget
from tenure_decisions.economics.response import fit_response
from tenure_decisions.economics.step_test import units_needed
from tenure_decisions.economics.study import open_study
from tenure_decisions.economics.weeks import count_weeks
from tenure_features.errors import DataContractError, UsageError

END = pd.Timestamp("2025-01-01")


@pytest.fixture(scope="module")
def found(shop_study):
    return budget(shop_study, currency="EUR")


def varied(channel: str, weeks: int, sigma: float, money: float, seed: int) -> pd.DataFrame:
    """Weekly spend that varies by a factor, until the end."""
    daily = np.repeat(money / 7 * np.random.default_rng(seed).lognormal(0, sigma, weeks), 7)
    dates = pd.date_range(END - pd.Timedelta(days=7 * weeks), periods=7 * weeks)
    return pd.DataFrame({"date": dates, "channel": channel, "cost": daily})


def shop_with(spend: pd.DataFrame, *, quiet: int = 0, **settings) -> object:
    """A shop whose channels of spend win four customers a week each, who bring 50 at once; none on the last days."""
    rows = []
    for channel, table in spend.groupby("channel"):
        days = np.random.default_rng(len(channel)).integers(0, len(table) - quiet, 4 * len(table) // 7)
        rows += [(f"{channel}{k}", table["date"].iloc[int(day)], 50.0, channel) for k, day in enumerate(days)]
    orders = pd.DataFrame(rows, columns=["customer_id", "ordered_at", "revenue", "channel"])
    return open_study(orders, as_of=END, spend=spend, resamples=60, **settings)


def test_budget__splits_the_present_total_within_the_bounds(found) -> None:
    table = found.table
    assert table["spend_then"].sum() == pytest.approx(table["spend_now"].sum())
    assert (table["spend_then"] >= 0.5 * table["spend_now"] - 1e-6).all()
    assert (table["spend_then"] <= 2 * table["spend_now"] + 1e-6).all()
    assert found.reading == "estimate"
    assert found.gain > 0
    assert found.gain_low < found.gain < found.gain_high
    assert set(table["direction"]) <= {"more", "less", "hold"}


def test_budget__marginal_returns_meet_where_no_bound_holds(found) -> None:
    table = found.table
    free = (table["spend_then"] > table["least"] * 1.001) & (table["spend_then"] < table["most"] * 0.999)
    assert free.sum() >= 2
    means = table.loc[free, ["marginal_then_low", "marginal_then_high"]]
    assert means["marginal_then_low"].max() < means["marginal_then_high"].min()
    assert (table["marginal_return_low"] < table["marginal_return_high"]).all()


def test_budget__values_customers_who_bring_50_at_once_and_nothing_more_at_50() -> None:
    spend = pd.concat([varied("email", 60, 0.3, 100.0, 1), varied("search", 60, 0.3, 100.0, 2)], ignore_index=True)
    table = budget(shop_with(spend)).table  # some customers came yesterday, others more than a year ago
    for name in ("value", "value_low", "value_high"):
        assert table[name].to_numpy() == pytest.approx(50.0, abs=1e-9)


def test_budget__never_promises(found) -> None:
    assert "Nothing here is a promise" in found.notes[-1]
    assert found.test is not None
    assert found.test.text.startswith(f"Hold {found.test.channel} at ")


def test_budget__a_larger_total_is_spent_and_told_what_its_last_unit_returns(shop_study, found) -> None:
    more = budget(shop_study, total=found.total * 1.6)
    assert more.table["spend_then"].sum() == pytest.approx(found.total * 1.6)
    assert more.marginal_total < found.marginal_total


def test_budget__limits_of_one_channel_win(shop_study, found) -> None:
    limited = budget(shop_study, limits={"email": (0.0, 5.0)}, bounds=(0.2, 5.0)).table.set_index("channel")
    assert limited.loc["email", "spend_then"] <= 5.0 + 1e-6
    beyond = budget(shop_study, bounds=(0.01, 30.0), total=found.total * 12).table
    assert beyond["extrapolated"].any()


def test_budget__under_a_year_of_spend_it_is_a_direction_only() -> None:
    study = shop_with(pd.concat([varied("a", 30, 0.5, 300, 1), varied("b", 30, 0.5, 300, 2)]))
    told = budget(study)
    assert told.reading == DIRECTION
    assert (told.table["reading"] == DIRECTION).all()
    assert (told.table["spend_then"] / told.table["spend_now"]).between(0.8 - 1e-6, 1.2 + 1e-6).all()
    assert told.table["least"].to_numpy() == pytest.approx(0.8 * told.table["spend_now"])
    assert told.table["most"].to_numpy() == pytest.approx(1.2 * told.table["spend_now"])
    assert told.table["reason"].str.endswith("less than a year: moved by 20% at most").all()
    assert "Direction only, not an amount: a, b." in told.notes


def test_budget__values_a_new_customer_by_those_of_the_last_365_days() -> None:
    spend = varied("a", 80, 0.5, 300, 1)
    older = [(f"old{k}", END - pd.Timedelta(days=365), 50.0, "a") for k in range(40)]
    newer = [(f"new{k}", END - pd.Timedelta(days=364), 200.0, "a") for k in range(40)]
    orders = pd.DataFrame(older + newer, columns=["customer_id", "ordered_at", "revenue", "channel"])
    table = budget(open_study(orders, as_of=END, spend=spend, resamples=60), days=90).table
    assert table["value"].tolist() == pytest.approx([200.0])


def test_budget__spend_that_never_varied_is_held() -> None:
    study = shop_with(pd.concat([varied("a", 80, 0.0, 300, 1), varied("b", 80, 0.5, 300, 2)]))
    table = budget(study).table.set_index("channel")
    assert table.loc["a", "spend_then"] == pytest.approx(table.loc["a", "spend_now"])
    assert table.loc["a", ["reading", "direction"]].tolist() == [DIRECTION, "hold"]
    assert "never varied" in table.loc["a", "reason"]
    assert table.loc["b", "reading"] == "estimate"


@pytest.mark.parametrize(("swing", "reading"), [(0.09, DIRECTION), (0.11, "estimate")])
def test_budget__spend_varies_from_a_tenth_of_its_mean_on(swing: float, reading: str) -> None:
    weeks = np.tile([1 - swing, 1 + swing], 40)  # of a mean of 300: they deviate by their swing, up and down
    spend = varied("a", 80, 0.0, 300, 1).assign(cost=np.repeat(300 / 7 * weeks, 7))
    table = budget(shop_with(pd.concat([spend, varied("b", 80, 0.5, 300, 2)]))).table.set_index("channel")
    assert table.loc["a", "reading"] == reading


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"bounds": (2.0, 0.5)}, UsageError, "a least and a most"),
        ({"limits": {"radio": (0.0, 1.0)}}, UsageError, "no spend on 'radio'"),
        ({"total": 1e9}, UsageError, "does not fit the bounds"),
        ({"days": 77}, UsageError, "not stated at 77 days"),
    ],
)
def test_budget__says_what_is_wrong(shop_study, changes, error, message: str) -> None:
    with pytest.raises(error, match=message):
        budget(shop_study, **changes)


def test_budget__needs_spend(study) -> None:
    with pytest.raises(DataContractError, match="needs a table of spend"):
        budget(study(spend=None))
    late = varied("a", 4, 0.5, 300, 1).assign(date=lambda t: t["date"] - pd.Timedelta(days=200))
    with pytest.raises(DataContractError, match="spend in the last 13 weeks"):
        budget(study(spend=late, since="2024-01-01"))


def test_budget__earns_more_in_truth_than_the_rules_it_must_beat(repository: Path, monkeypatch) -> None:
    monkeypatch.syspath_prepend(str(repository / "benchmarks"))
    sys.modules.pop("budget", None)
    import importlib

    bench = importlib.import_module("budget")
    rows = [bench.judge(bench.Shop.draw(8000, seed), seed=seed) for seed in (1, 2)]
    for row in rows:
        assert row["gain"] > 0
        assert row["over_average_percent"] > 0
        assert row["spearman"] > 0.6


@pytest.fixture(scope="module")
def smaller() -> tuple[object, object]:
    """A study whose every new customer is worth 50, and its budget of 100 a week, not what is spent."""
    study = shop_with(pd.concat([varied("a", 80, 0.5, 60, 1), varied("bb", 80, 0.5, 60, 2)]), quiet=35)
    return study, budget(study, total=100.0, bounds=(0.01, 50.0))


def test_budget__is_the_curves_times_the_value_less_the_money(smaller) -> None:
    study, told = smaller
    weeks = count_weeks(study.acquired, study.costs.spend, rule="first_touch", as_of=END)
    curves = fit_response(weeks, seed=0, draws=60)
    table = told.table.set_index("channel")
    now, then = table["spend_now"].to_numpy(), table["spend_then"].to_numpy()
    assert now == pytest.approx(weeks.spend[:, -13:].mean(axis=1))
    assert table["value"].to_numpy() == pytest.approx([50.0, 50.0])
    assert table["average_return"].to_numpy() == pytest.approx(50 * curves.customers(now)[0] / now)
    assert table["marginal_then"].to_numpy() == pytest.approx(50 * curves.slope(then)[0])
    gained = 50 * (curves.customers(then) - curves.customers(now)).sum(axis=1)[1:] - (100 - now.sum())
    assert told.gain == pytest.approx(gained.mean())
    assert told.chance == pytest.approx((gained > 0).mean())
    assert [told.gain_low, told.gain_high] == pytest.approx(np.quantile(gained, [0.1, 0.9]).tolist())

    def excess(money: float, k: int) -> float:  # of the return of one more unit of money over that unit
        return 50 * curves.slope(np.full(2, money))[1:, k].mean() - 1

    bounds = [(0.01 * now[k], 50 * now[k]) for k in range(2)]
    assert all(excess(least, k) > 0 > excess(most, k) for k, (least, most) in enumerate(bounds))
    best = [brentq(excess, least, most, args=(k,)) for k, (least, most) in enumerate(bounds)]
    assert told.best_total == pytest.approx(sum(best), rel=1e-4)


def test_budget__proposes_a_test_that_counts_the_customers_of_the_last_13_weeks(smaller) -> None:
    study, told = smaller
    weeks = count_weeks(study.acquired, study.costs.spend, rule="first_touch", as_of=END)
    curves = fit_response(weeks, seed=0, draws=60)
    at = curves.channels.index(told.test.channel)
    assert told.test.customers_now == pytest.approx(curves.customers(weeks.spend[:, -13:].mean(axis=1))[:, at].mean())
    everybody = weeks.customers[:, -13:].sum(axis=0).mean()
    assert f"the curve expects {everybody:,.1f} and " in told.test.text
    change = told.test.customers_then - told.test.customers_now
    assert told.test.units == units_needed(everybody, everybody + change, dispersion=curves.dispersion)


def test_budget__needs_thirteen_whole_weeks() -> None:
    assert len(budget(shop_with(varied("a", 13, 0.5, 300, 1))).table) == 1
    with pytest.raises(DataContractError, match=r"last 13 weeks\. Found: 12 whole weeks of spend"):
        budget(shop_with(varied("a", 12, 0.5, 300, 1)))

"""Toxic brands: a comparison by hand, planted damage that is found, and no finding where labels mean nothing."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from tenure_decisions.customers.encounters import CONFOUNDING, encounters
from tenure_features.errors import DataContractError, UsageError

START, AS_OF = pd.Timestamp("2024-01-01"), pd.Timestamp("2025-06-01")


def log(rows: list[tuple[str, int, float, str]]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Orders and lines from rows of customer, day, revenue and brands (one letter each)."""
    orders = pd.DataFrame(
        [(who, str(number), START + pd.Timedelta(days=day), paid) for number, (who, day, paid, _) in enumerate(rows)],
        columns=["customer_id", "order_id", "ordered_at", "revenue"],
    )
    lines = [(str(number), brand) for number, (*_, brands) in enumerate(rows) for brand in brands]
    return orders, pd.DataFrame(lines, columns=["order_id", "brand"])


LITERAL = [
    # early: days 0-29; later: days 30-129
    ("a", 0, 10.0, "X"), ("a", 30, 7.0, "Y"),  # what is met on day 30 is not early, its money is later
    ("b", 0, 10.0, "X"), ("b", 129, 4.0, "Z"), ("b", 128, -1.0, ""),  # a return
    ("c", 0, 10.0, "X"),  # never came back
    ("d", 0, 10.0, "Y"), ("d", 40, 9.0, "Y"), ("d", 130, 500.0, "Y"),  # too late to count
    ("e", 0, 10.0, "Y"), ("e", 60, 5.0, "X"),
    ("f", 450, 10.0, "X"),  # the later window has not closed
    ("g", 0, 10.0, ""),  # no lines
]  # fmt: skip


def test_encounters__compare_later_value_of_a_literal_log() -> None:
    orders, lines = log(LITERAL)
    found = encounters(orders, lines, as_of=AS_OF, horizon_days=100, smallest=2).set_index("level")
    # X early: a 7, b 3, c 0; others: d 9, e 5. All met one brand and spent 10 early: one stratum
    assert found.index.tolist() == ["X", "Y"]
    row = found.loc["X"]
    assert row[["met", "others", "value_met", "value_others", "compared"]].tolist() == [3, 2, 10 / 3, 7.0, 3]
    assert row["difference"] == row["adjusted"] == pytest.approx(10 / 3 - 7)
    error = np.sqrt(np.var([7, 3, 0], ddof=1) / 3 + np.var([9, 5], ddof=1) / 2)
    welch = stats.ttest_ind([7, 3, 0], [9, 5], equal_var=False)
    assert row["p_value"] == pytest.approx(welch.pvalue)
    interval = welch.confidence_interval(0.95)
    assert row[["low", "high"]].tolist() == pytest.approx([interval.low, interval.high])
    assert (row["high"] - row["low"]) > 2 * 1.96 * error
    assert found.loc["Y", "adjusted"] == pytest.approx(-row["adjusted"])
    assert set(found["verdict"]) == {""}


def test_encounters__neither_later_rows_nor_the_order_of_rows_matter() -> None:
    orders, lines = log(LITERAL)
    before = encounters(orders, lines, as_of=AS_OF, horizon_days=100, smallest=2)
    later = orders.assign(ordered_at=AS_OF, order_id="later", revenue=1e6)
    more = pd.concat([orders, later]).sample(frac=1, random_state=5)
    shuffled = encounters(more, lines.sample(frac=1, random_state=6), as_of=AS_OF, horizon_days=100, smallest=2)
    pd.testing.assert_frame_equal(before, shuffled)


def test_encounters__can_be_narrowed_to_the_first_orders() -> None:
    rows = [(who, 0, 10.0, "X") for who in "abc"] + [(who, 0, 10.0, "Y") for who in "de"] + [("a", 5, 5.0, "Y")]
    orders, lines = log(rows)
    wide = encounters(orders, lines, as_of=AS_OF, horizon_days=100, smallest=2).set_index("level")
    narrow = encounters(orders, lines, as_of=AS_OF, horizon_days=100, smallest=2, early_orders=1).set_index("level")
    assert (wide.loc["Y", "met"], narrow.loc["Y", "met"]) == (3, 2)


def shop(*, damage: float, seed: int = 0, people: int = 1500) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Build a shop where bigger spenders meet more brands, and those who met Z early leave with a probability."""
    draw = np.random.default_rng(seed)
    rows, channels = [], []
    for number in range(people):
        who, size = f"c{number:04d}", draw.lognormal(0, 0.7)
        channels.append((who, draw.choice(["email", "social"])))
        brands = "".join(draw.choice(list("UVWXYZ"), size=1 + draw.poisson(size), replace=True))
        rows.append((who, 0, 20 * size, brands))
        stays = not ("Z" in brands and draw.random() < damage)
        days = np.sort(draw.integers(31, 200, size=draw.poisson(1.5 * stays)))
        rows += [(who, int(day), 20 * size * draw.lognormal(0, 0.3), "U") for day in days]
    return *log(rows), pd.DataFrame(channels, columns=["customer_id", "acquisition_channel"])


def test_encounters__find_the_toxic_brand_and_no_other() -> None:
    orders, lines, customers = shop(damage=0.6)
    found = encounters(orders, lines, as_of=AS_OF, customers=customers)
    assert found.loc[found["verdict"] == "toxic", "level"].tolist() == ["Z"]
    worst = found.iloc[0]
    assert worst["high"] < 0
    # who buys more meets more: without holding that fixed, every harmless brand looks good
    assert (found.loc[found["level"] != "Z", "difference"] > 0).all()


def test_encounters__one_toxic_brand_makes_no_innocent_one_good() -> None:
    """Of as many brands, who met an innocent one had less room for the toxic: that is no merit."""
    good, shift = [], []
    for seed in range(6):
        orders, lines, customers = shop(damage=0.9, seed=seed, people=2500)
        found = encounters(orders, lines, as_of=AS_OF, customers=customers).set_index("level")
        assert found.loc["Z", "verdict"] == "toxic"
        innocent = found.drop(index="Z")
        good += innocent.index[innocent["verdict"] != ""].tolist()
        shift.append((innocent["adjusted"] / innocent["value_others"]).mean())
    assert len(good) <= 1
    assert np.mean(shift) == pytest.approx(0.0, abs=0.06)


def test_encounters__find_nothing_where_brands_mean_nothing() -> None:
    alarms, tests, low = 0, 0, 0
    for seed in range(10):
        orders, lines, customers = shop(damage=0.0, seed=100 + seed, people=500)
        found = encounters(orders, lines, as_of=AS_OF, customers=customers)
        alarms += (found["verdict"] != "").any()
        tests += len(found)
        low += (found["p_value"] < 0.05).sum()
    assert alarms <= 3
    assert low / tests < 0.15  # one in twenty is expected


def test_encounters__say_what_they_cannot_answer() -> None:
    orders, lines = log(LITERAL)
    with pytest.raises(DataContractError, match="later window that has closed"):
        encounters(orders, lines, as_of=START + pd.Timedelta(days=50))
    with pytest.raises(DataContractError, match="no category"):
        encounters(orders, lines, as_of=AS_OF, by="category")
    with pytest.raises(UsageError, match="must be positive"):
        encounters(orders, lines, as_of=AS_OF, horizon_days=0)
    assert encounters(orders, lines, as_of=AS_OF, horizon_days=100).empty  # nobody met anything 30 times
    assert "not an experiment" in CONFOUNDING


def test_encounters__where_all_are_alike_the_difference_is_nothing_for_certain() -> None:
    rows = [(who, 0, 10.0, "X") for who in "abc"] + [(who, 0, 10.0, "Y") for who in "def"]
    orders, lines = log(rows)
    found = encounters(orders, lines, as_of=AS_OF, horizon_days=100, smallest=2)
    assert found[["adjusted", "low", "high", "p_value"]].to_numpy().tolist() == [[0.0, 0.0, 0.0, 1.0]] * 2

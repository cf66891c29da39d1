"""The matrix against a count of rows in plain Python, and independence against SciPy's table."""

from collections import Counter

import numpy as np
import pandas as pd
import pytest
from scipy.stats import fisher_exact
from scipy.stats.contingency import expected_freq
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from tenure_decisions.customers.matrix import OTHER, SMALL, cross_groups, main_levels
from tenure_features.errors import DataContractError

RNG = np.random.default_rng(3)
IDS = [f"c{i}" for i in range(400)]
GROUP = dict(zip(IDS, RNG.choice(["VIP", "New", "Lost"], 400, p=[0.2, 0.3, 0.5]), strict=True))
REGION = {who: RNG.choice(["n", "s", "w", "tiny"], p=[0.5, 0.2, 0.29, 0.01]) for who in IDS[:380]}
REGION |= {who: "w" for who in IDS[:380] if GROUP[who] == "VIP" and RNG.random() < 0.5}
MONEY = {who: round(float(RNG.gamma(2, 30)), 2) for who in IDS}
LEVELS = pd.DataFrame({"customer_id": list(REGION), "attribute": "region", "level": list(REGION.values())})


@pytest.fixture(scope="module")
def crossed() -> pd.DataFrame:
    return cross_groups(pd.Series(GROUP), LEVELS, revenue=pd.Series(MONEY)).set_index(["group", "level"])


def test_matrix__counts_and_money_are_those_of_the_rows(crossed) -> None:
    counts = Counter((GROUP[who], region) for who, region in REGION.items())
    money = Counter()
    for who, region in REGION.items():
        money[GROUP[who], region] += MONEY[who]
    assert crossed["customers"].to_dict() == {cell: counts.get(cell, 0) for cell in crossed.index}
    assert crossed["revenue"].to_dict() == pytest.approx({cell: money.get(cell, 0.0) for cell in crossed.index})
    assert crossed["customers"].sum() == 380


def test_matrix__expects_what_independence_gives_and_tests_each_cell(crossed) -> None:
    table = crossed.reset_index().pivot_table(index="group", columns="level", values="customers")
    expected = expected_freq(table.to_numpy())
    for (group, level), count in crossed["expected"].items():
        assert count == pytest.approx(expected[table.index.get_loc(group), table.columns.get_loc(level)])
    large = crossed[crossed["expected"] >= 5]
    p = []
    for (group, level), row in large.iterrows():
        k, n, m = row["customers"], table.loc[group].sum(), table[level].sum()
        p.append(fisher_exact([[k, n - k], [m - k, 380 - n - m + k]]).pvalue)
        low, high = proportion_confint(k, n, method="wilson")
        assert (row["low"], row["high"]) == pytest.approx((low, high))
        assert row["expected_share"] == pytest.approx(m / 380)
    assert large["p_value"].tolist() == pytest.approx(p)
    assert large["p_adjusted"].tolist() == pytest.approx(multipletests(p, method="fdr_bh")[1])
    assert crossed.loc[("VIP", "w"), "represented"] == "over"
    assert (crossed.loc[crossed["expected"] < 5, "represented"] == SMALL).all()
    assert "tiny" in crossed[crossed["represented"] == SMALL].index.get_level_values("level")


def test_matrix__nothing_is_found_where_group_and_level_have_nothing_to_do_with_each_other() -> None:
    named = 0
    for seed in range(20):
        generator = np.random.default_rng(seed)
        groups = pd.Series(generator.choice(list("abc"), 400), index=IDS)
        levels = LEVELS.assign(level=generator.choice(list("nswe"), len(LEVELS)))
        named += int(
            cross_groups(groups, levels, revenue=pd.Series(MONEY))["represented"].isin(["over", "under"]).any()
        )
    assert named <= 4


def test_matrix__rare_levels_are_one_and_one_group_is_no_finding() -> None:
    many = pd.DataFrame({"customer_id": IDS, "attribute": "brand", "level": [f"b{i % 40:02d}" for i in range(400)]})
    found = cross_groups(pd.Series(GROUP), many, revenue=pd.Series(MONEY))
    assert found["level"].nunique() == 31
    assert found.loc[found["level"] == OTHER, "customers"].sum() == 100
    alone = cross_groups(pd.Series("all", index=IDS), LEVELS, revenue=pd.Series(MONEY))
    assert set(alone["represented"]) == {SMALL}
    assert cross_groups(pd.Series(GROUP), LEVELS.head(0), revenue=pd.Series(MONEY)).empty
    with pytest.raises(DataContractError, match="one level of an attribute"):
        cross_groups(pd.Series(GROUP), pd.concat([LEVELS, LEVELS]), revenue=pd.Series(MONEY))


def test_main_levels__is_where_most_money_went_before_the_moment() -> None:
    orders = pd.DataFrame(
        {
            "customer_id": ["a", "a", "b", "b"], "order_id": ["1", "2", "3", "4"], "revenue": 10.0,
            "ordered_at": pd.to_datetime(["2024-01-01", "2024-01-02", "2024-01-03", "2024-03-01"]),
        }
    )  # fmt: skip
    lines = pd.DataFrame(
        {
            "order_id": ["1", "1", "2", "3", "3", "4"], "brand": ["X", "Y", "Y", "Y", "X", "Z"],
            "quantity": [1.0, 2, 1, 1, 1, 9], "unit_price": [9.0, 2, 3, 5, 5, 100],
        }
    )  # fmt: skip
    found = main_levels(orders, lines, as_of="2024-02-01", column="brand")
    assert found.to_numpy().tolist() == [["a", "brand", "X"], ["b", "brand", "X"]]
    counted = main_levels(orders, lines.drop(columns="unit_price"), as_of="2024-02-01", column="brand")
    assert counted["level"].tolist() == ["Y", "X"]

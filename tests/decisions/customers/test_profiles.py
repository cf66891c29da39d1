"""Profiles: a literal group, an interval by a second implementation, and nothing found where there is nothing."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import StratifiedTable
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import confint_proportions_2indep

from tenure_decisions.customers.profiles import PROFILE_COLUMNS, lift_interval, profile
from tenure_features.errors import DataContractError, UsageError

PEOPLE = [f"c{number}" for number in range(100)]


def table(**levels: list[str]) -> pd.DataFrame:
    parts = [
        pd.DataFrame({"customer_id": PEOPLE[: len(values)], "attribute": name, "level": values})
        for name, values in levels.items()
    ]
    return pd.concat(parts, ignore_index=True)


def test_profile__of_a_literal_group() -> None:
    # the group are the first 20: 15 live north, 5 south; outside 20 north, 60 south
    found = profile(PEOPLE[:20], table(region=["n"] * 15 + ["s"] * 5 + ["n"] * 20 + ["s"] * 60), population=PEOPLE)
    assert list(found.columns) == list(PROFILE_COLUMNS)
    north = found.set_index("level").loc["n"]
    assert north[["in_group", "group_share", "outside", "outside_share"]].tolist() == [15, 0.75, 20, 0.25]
    assert north["lift"] == pytest.approx((15.5 / 20.5) / (20.5 / 80.5))
    assert north["p_value"] == stats.fisher_exact([[15, 5], [20, 60]]).pvalue
    assert (north["represented"], found.set_index("level").loc["s", "represented"]) == ("over", "under")


@pytest.mark.parametrize(("x", "n", "y", "m"), [(15, 20, 20, 80), (0, 20, 5, 80), (20, 20, 80, 80), (7, 20, 0, 80)])
def test_lift_interval__is_the_adjusted_log_interval_of_another_package(x, n, y, m) -> None:
    lift, low, high = (float(part[0]) for part in lift_interval(np.array([x]), n, np.array([y]), m))
    ours = confint_proportions_2indep(x, n, y, m, compare="ratio", method="log-adjusted")
    assert (low, high) == pytest.approx(ours)
    assert low <= lift <= high
    assert np.isfinite(high)


def test_profile__adjusts_over_all_attributes_at_once() -> None:
    draw = np.random.default_rng(4)
    attributes = table(**{f"a{number}": draw.choice(list("xyz"), 100).tolist() for number in range(10)})
    found = profile(PEOPLE[:40], attributes, population=PEOPLE)
    expected = multipletests(found["p_value"], method="fdr_bh")[1]
    np.testing.assert_allclose(found["p_adjusted"], expected)
    assert len(found) == 30


def test_profile__finds_nothing_in_noise_and_what_was_put_there() -> None:
    draw = np.random.default_rng(7)
    people = [f"p{number}" for number in range(2000)]
    group = people[:400]
    false, found = 0, 0
    for _ in range(12):
        noise = {f"noise{number}": draw.choice(list("abcde"), 2000) for number in range(8)}
        signal = np.where(np.arange(2000) < 400, draw.random(2000) < 0.3, draw.random(2000) < 0.15)
        attributes = pd.concat(
            pd.DataFrame({"customer_id": people, "attribute": name, "level": values})
            for name, values in {**noise, "signal": np.where(signal, "yes", "no")}.items()
        )
        marked = profile(group, attributes, population=people)
        marked = marked[marked["represented"] != ""]
        false += (marked["attribute"] != "signal").any()
        found += set(marked.loc[marked["attribute"] == "signal", "level"]) == {"yes", "no"}
    assert found == 12
    assert false <= 3  # one in twenty is expected


def test_profile__ignores_strangers_rare_levels_and_the_order_of_rows() -> None:
    attributes = table(region=["n"] * 96 + ["rare"] * 4)
    stranger = pd.DataFrame({"customer_id": ["zz"], "attribute": ["region"], "level": ["n"]})
    more = pd.concat([attributes, stranger]).sample(frac=1, random_state=1)
    found = profile([*PEOPLE[:20], "zz"], more, population=PEOPLE)
    pd.testing.assert_frame_equal(found, profile(PEOPLE[:20], attributes, population=PEOPLE))
    assert found["level"].tolist() == ["n"]
    assert profile(PEOPLE[:20], attributes.head(0), population=PEOPLE).empty


def test_profile__refuses_groups_and_tables_without_a_comparison() -> None:
    attributes = table(region=["n"] * 100)
    for group in ([], ["zz"], PEOPLE):
        with pytest.raises(UsageError, match="customers outside it"):
            profile(group, attributes, population=PEOPLE)
    with pytest.raises(DataContractError, match=r"twice\. Found: c0 region n"):
        profile(PEOPLE[:5], pd.concat([attributes, attributes]), population=PEOPLE)
    with pytest.raises(DataContractError, match="no level"):
        profile(PEOPLE[:5], attributes.drop(columns="level"), population=PEOPLE)


def test_profile__of_customers_of_as_many_orders_finds_no_merit_in_buying_more() -> None:
    draw = np.random.default_rng(3)
    ids = [f"p{number}" for number in range(3000)]
    count = pd.Series(1 + draw.poisson(draw.gamma(1, 3, 3000)), index=ids)
    # every order is of one of five categories; fans of a sixth are rarer among those outside, whatever they order
    group = [who for who in ids if draw.random() < count[who] / 20]
    rows = [(who, f"c{kind}") for who in ids for kind in set(draw.integers(0, 5, count[who]))]
    rows += [(who, "c9") for who in ids if draw.random() < (0.35 if who in set(group) else 0.15)]
    attributes = pd.DataFrame(rows, columns=["customer_id", "level"]).assign(attribute="category")
    alone = profile(group, attributes, population=ids).set_index("level")
    matched = profile(group, attributes, population=ids, orders=count).set_index("level")
    assert (alone["represented"] == "over").all()
    assert matched.index[matched["represented"] != ""].tolist() == ["c9"]
    assert matched.loc["c9", "lift"] == pytest.approx(0.35 / 0.15, rel=0.3)


def test_profile__of_as_many_orders_is_that_of_another_package() -> None:
    draw = np.random.default_rng(8)
    count = pd.Series(draw.integers(1, 4, 400), index=[f"p{number}" for number in range(400)])
    group = set(draw.choice(count.index, 150, replace=False))
    has = pd.Series(draw.random(400) < 0.3, index=count.index)
    attributes = pd.DataFrame({"customer_id": count.index[has], "attribute": "a", "level": "x"})
    row = profile(group, attributes, population=count.index, orders=count).iloc[0]
    inside = count.index.isin(group)
    tables = [
        [[(m & has & inside).sum(), (m & ~has & inside).sum()], [(m & has & ~inside).sum(), (m & ~has & ~inside).sum()]]
        for m in (count == number for number in (1, 2, 3))
    ]
    strata = StratifiedTable([np.array(table, dtype=float) for table in tables])
    assert row["p_value"] == pytest.approx(strata.test_null_odds(correction=False).pvalue)
    assert row["lift"] == pytest.approx(strata.riskratio_pooled, rel=0.02)
    assert row["low"] < row["lift"] < row["high"]

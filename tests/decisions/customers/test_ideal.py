"""The ideal-customer profile: rules that say what they match, judged on customers they have not seen."""

import duckdb
import numpy as np
import pandas as pd
import pytest

from tenure_decisions.customers.first_order import first_orders
from tenure_decisions.customers.ideal import RULE_COLUMNS, IdealProfile, Rule, _judge_rule, ideal_profile
from tenure_features.errors import DataContractError, UsageError
from tenure_simulator import lifetime_at, preset, read_truth, simulate


def people(customers: int = 3000, seed: int = 1) -> tuple[pd.DataFrame, pd.Series]:
    """Draw customers of whom those from e-mail with a first order over 50 are top far more often."""
    draw = np.random.default_rng(seed)
    known = pd.DataFrame(
        {
            "first_value": draw.gamma(2, 25, customers).round(2),
            "age": np.where(draw.random(customers) < 0.2, np.nan, draw.integers(18, 80, customers)),
            "acquisition_channel": draw.choice(["email", "social", "O'Brien ads"], customers),
            "region": draw.choice(["north", "south"], customers),
        },
        index=pd.Index([f"c{number}" for number in range(customers)], name="customer_id"),
    )
    good = (known["acquisition_channel"] == "email") & (known["first_value"] > 50)
    return known, pd.Series(draw.random(customers) < np.where(good, 0.6, 0.08), index=known.index)


@pytest.fixture(scope="module")
def found() -> IdealProfile:
    return ideal_profile(*people())


def matched(known: pd.DataFrame, rule: str) -> set[str]:
    """Run a rule as SQL."""
    with duckdb.connect() as database:
        database.register("known", known.reset_index())
        return {one for (one,) in database.sql("FROM known").filter(rule).project("customer_id").fetchall()}


def either(rules: pd.DataFrame) -> str:
    return " OR ".join(f"({rule})" for rule in rules["rule"])


def test_profile__finds_the_rule_that_was_planted(found) -> None:
    best = found.rules.iloc[0]
    assert "acquisition_channel = 'email'" in best["rule"]
    limit = float(best["rule"].split("first_value > ")[1].split(" AND ")[0])
    assert 45 < limit < 55
    assert best["holds"]
    assert best["low"] > 3
    assert best["top_share"] == pytest.approx(0.6, abs=0.1)


def test_profile__counts_on_held_out_customers_what_the_rule_matches_in_sql(found) -> None:
    known, top = people()
    assert list(found.rules.columns) == list(RULE_COLUMNS)
    assert (found.learned_from + found.judged_on, found.judged_on / 3000) == (3000, pytest.approx(0.4, abs=0.03))
    for row in found.rules.itertuples():
        ids = matched(known, row.rule)
        # the held-out ones are a part of all: their number and their share of top customers must fit
        assert row.coverage == row.customers / found.judged_on
        assert row.customers == pytest.approx(0.4 * len(ids), rel=0.25)
        assert abs(row.top_share - top[list(ids)].mean()) < 0.1
        assert row.captured == pytest.approx(row.top / (found.base_share * found.judged_on))
    ids = matched(known, either(found.rules[found.rules["holds"]]))
    assert set(found.seeds) == {one for one in ids if top[one]}


def test_profile__does_not_depend_on_the_order_of_rows_and_ranks_seeds_by_value(found) -> None:
    known, top = people()
    value = pd.Series(np.arange(3000.0), index=known.index)
    order = np.random.default_rng(3).permutation(3000)
    again = ideal_profile(known.iloc[order], top.iloc[order[::-1]], value=value)
    pd.testing.assert_frame_equal(again.rules, found.rules)
    ranked = [value[seed] for seed in again.seeds]
    assert ranked == sorted(ranked, reverse=True)
    assert set(again.seeds) == set(found.seeds)


def test_profile__believes_no_rule_in_noise() -> None:
    believed = 0
    for seed in range(8):
        known, top = people(800, seed=seed)
        shuffled = pd.Series(np.random.default_rng(seed).permutation(top.to_numpy()), index=top.index)
        believed += int(ideal_profile(known, shuffled).rules["holds"].sum())
    assert believed <= 3  # of about 25 rules, one in forty


@pytest.mark.parametrize("matches", [[True, False, False, False], [True, True, True, True]])
def test_profile__does_not_judge_a_rule_without_held_out_customers_on_both_sides(matches: list[bool]) -> None:
    holdout, answer = np.array([False, True, True, True]), np.array([True, True, False, False])
    _, customers, share, hits, *figures, holds = _judge_rule(Rule(("a > 1",)), np.array(matches), answer, holdout)
    assert (customers, share, hits) == (3 * matches[1], float(matches[1]), int(matches[1]))
    assert np.isnan(figures).all()
    assert holds is False


def test_profile__writes_missing_numbers_and_quotes_into_the_rule() -> None:
    known, _ = people()
    top = (known["age"].fillna(99) < 30) | (known["acquisition_channel"] == "O'Brien ads")
    found = ideal_profile(known, top)
    rules = " ".join(found.rules["rule"])
    assert "coalesce(age, " in rules
    assert "acquisition_channel = 'O''Brien ads'" in rules
    assert all(matched(known, rule) for rule in found.rules["rule"])


def test_profile__finds_truly_valuable_customers_of_a_simulated_shop(tmp_path) -> None:
    shop = preset("shop", customers=4000, seed=8)
    simulate(shop, tmp_path, tables=("orders", "order_lines", "customers"), expectations=False)
    orders, lines, customers = (
        pd.read_parquet(tmp_path / f"{name}.parquet") for name in ("orders", "order_lines", "customers")
    )
    as_of = pd.Timestamp("2024-07-01")
    known = first_orders(orders, as_of=as_of, order_lines=lines, customers=customers)
    spent = orders[orders["ordered_at"] < as_of].groupby("customer_id")["revenue"].sum().reindex(known.index)
    found = ideal_profile(known, spent >= spent.quantile(0.8))
    good = found.rules[found.rules["holds"]]
    assert len(good)
    worth = lifetime_at(read_truth(tmp_path), as_of).set_index("customer_id")["lifetime_value"]
    inside = worth.index.isin(matched(known, either(good)))
    outside = worth.index.isin(known.index) & ~inside
    assert worth[inside].mean() > 1.5 * worth[outside].mean()


def test_profile__refuses_what_it_cannot_judge() -> None:
    known, top = people(200)
    with pytest.raises(DataContractError, match="must be of both kinds"):
        ideal_profile(known, top & False)
    with pytest.raises(UsageError, match="customers and what is known"):
        ideal_profile(known, pd.Series([True], index=["zz"]))
    constant = known.assign(first_value=1.0, age=1.0, acquisition_channel="email", region="north")
    assert ideal_profile(constant, top).rules.empty

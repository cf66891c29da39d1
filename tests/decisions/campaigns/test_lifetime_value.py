"""CLV of a campaign: beside a recomputation customer by customer, and beside what a simulated shop truly gained."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from tenure_decisions.campaigns.analysis import AnalysisSettings, analyse
from tenure_decisions.campaigns.effects import estimate_effects
from tenure_decisions.campaigns.lifetime_value import CLV_METRICS, MoneyToCome, add_clv, measure_clv
from tenure_decisions.campaigns.power import plan_metrics
from tenure_decisions.campaigns.trial import CampaignTrial, measure, open_trial
from tenure_decisions.economics.ledger import NamedCosts, open_ledger
from tenure_features.errors import UsageError
from tenure_simulator import preset, simulate_orders, uplift_at_launch
from tenure_simulator.levers import Arm, CampaignPlan

Tables = tuple[pd.DataFrame, pd.DataFrame]
AS_OF = pd.Timestamp("2024-06-01")
SERVICE = 1.5


def scores_of(customers: pd.Series, seed: int = 5) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    money = rng.lognormal(3, 1, len(customers))
    return pd.DataFrame({"customer_id": customers, "expected_value": money / 4, "clv_to_come": money})


@pytest.fixture
def opened(tables: Callable[..., Tables]) -> tuple[CampaignTrial, pd.DataFrame, pd.DataFrame]:
    """A campaign, its orders with their cost of goods, and later scores that lack twenty of its customers."""
    assignments, orders = tables(1500, seed=3, effects={"email": 0.1, "call": 0.0}, days=20)
    some = assignments["customer_id"].iloc[:300]
    later = [
        pd.DataFrame({"customer_id": some, "ordered_at": pd.Timestamp(day), "revenue": 35.0})
        for day in ("2024-04-28", "2024-05-01", "2024-05-15")
    ]  # the windows are closed by then, and the scores of 1 May know of the first alone
    orders = pd.concat([orders, *later], ignore_index=True)
    orders = orders.assign(cost=orders["revenue"] * 0.6)
    made = open_trial(assignments, orders, campaign="spring", horizon_days=30, as_of=AS_OF)
    return made, orders, scores_of(made.customers["customer_id"].iloc[20:])


def ledger(orders: pd.DataFrame) -> pd.DataFrame:
    return open_ledger(orders, as_of=AS_OF, named=NamedCosts(service_cost_per_order=SERVICE)).movements


def test_clv__is_what_pandas_adds_up_customer_by_customer(
    opened: tuple[CampaignTrial, pd.DataFrame, pd.DataFrame],
) -> None:
    made, orders, scores = opened
    moment = pd.Timestamp("2024-05-01")
    trial, notes = measure_clv(made, ledger(orders), MoneyToCome.of(scores, moment))
    assert trial.metrics == (*made.metrics, *CLV_METRICS)
    assert any(note.startswith("20 customers are not in the scores of 2024-05-01") for note in notes)
    expected, past = [], []
    to_come = dict(zip(scores["customer_id"], scores["clv_to_come"], strict=True))
    by_customer = dict(iter(orders.groupby("customer_id")))
    for person in made.customers.itertuples():
        own = by_customer.get(person.customer_id, orders[:0])
        left = own["revenue"] - own["cost"] - SERVICE * (own["revenue"] > 0)
        after = (own["ordered_at"] >= person.assigned_at) & (own["ordered_at"] < moment)
        days = (person.assigned_at - own["ordered_at"]).dt.total_seconds() / 86_400
        expected.append(left[after].sum() + to_come.get(person.customer_id, 0.0))
        past.append(left[(days > 0) & (days <= 30)].sum())
    people = trial.customers
    assert people["clv"].to_numpy() == pytest.approx(np.array(expected))
    assert people["before_clv"].to_numpy() == pytest.approx(np.array(past))
    capped = np.minimum(expected, np.quantile(expected, 0.99))
    assert people["clv_capped"].to_numpy() == pytest.approx(capped)
    arm = people["arm"].to_numpy()
    rows = estimate_effects(trial, primary="retention").set_index(["metric", "arm"])
    for name, values in (("clv", np.array(expected)), ("clv_capped", capped)):
        theirs = values[arm == "email"].mean() - values[arm == "control"].mean()
        assert rows.loc[(name, "email"), "unadjusted"] == pytest.approx(theirs)


def test_clv__takes_predictions_and_counts_in_the_family_of_the_other_metrics(
    opened: tuple[CampaignTrial, pd.DataFrame, pd.DataFrame],
) -> None:
    made, orders, scores = opened
    trial, _ = measure_clv(made, ledger(orders), MoneyToCome.of(scores, AS_OF))
    noisy = scores["clv_to_come"] * np.random.default_rng(1).lognormal(0, 0.2, len(scores))
    predictions = pd.DataFrame({"customer_id": scores["customer_id"], "clv": noisy})
    without = estimate_effects(trial, primary="clv").set_index(["metric", "arm"])
    table = estimate_effects(trial, primary="clv", predictions=predictions).set_index(["metric", "arm"])
    assert table.index[0][0] == "clv"
    assert table.loc[("clv", "call"), "covariate"] == "days before, prediction"
    assert table.loc[("clv", "call"), "variance_saved"] > 0.5 > without.loc[("clv", "call"), "variance_saved"]
    result = analyse(trial, AnalysisSettings(metric="clv"), currency="EUR")
    assert "CLV per customer" in result.text("verdict")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"moment": pd.Timestamp("2024-04-01")}, "before the last window had closed"),
        ({"moment": pd.Timestamp("2024-07-01")}, "only in part"),
        ({"money": pd.Series({"somebody": 1.0})}, "none of the customers"),
    ],
)
def test_clv__refuses_scores_of_another_moment_or_shop(
    opened: tuple[CampaignTrial, pd.DataFrame, pd.DataFrame], change: dict[str, object], words: str
) -> None:
    made, orders, scores = opened
    ahead = MoneyToCome.of(scores, AS_OF)
    changed = MoneyToCome(**{"moment": ahead.moment, "column": ahead.column, "money": ahead.money, **change})  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=words):
        measure_clv(made, ledger(orders), changed)


def test_to_come__refuses_several_models_and_takes_the_horizon_where_clv_is_not_supported() -> None:
    scores = scores_of(pd.Series(["a", "b"])).assign(model_version=["1", "2"])
    with pytest.raises(UsageError, match="one model for all arms"):
        MoneyToCome.of(scores, AS_OF)
    ahead = MoneyToCome.of(scores.assign(model_version="1", clv_to_come=np.nan), AS_OF)
    assert (ahead.column, ahead.money["a"]) == ("expected_value", scores["expected_value"].iloc[0])


def test_plan__of_clv_needs_as_many_customers_as_its_variance_says(tables: Callable[..., Tables]) -> None:
    from statsmodels.stats.power import NormalIndPower

    assignments, orders = tables(3000, seed=4)
    people = assignments[["customer_id", "assigned_at"]]
    history = measure(people, orders, horizon_days=30)
    ahead = MoneyToCome.of(scores_of(people["customer_id"]), AS_OF)
    history = add_clv(history, open_ledger(orders, as_of=AS_OF).movements, ahead, horizon_days=30)
    plan = plan_metrics(
        history, ["clv", "clv_capped"], customers=3000, shares={"control": 0.5, "email": 0.5}, control="control",
        worth=0.1,
    ).set_index("metric")  # fmt: skip
    values = history["clv"].to_numpy()
    size = 0.1 * values.mean() / values.std(ddof=1)
    theirs = 2 * NormalIndPower().solve_power(effect_size=size, alpha=0.05, power=0.8)
    assert plan.loc["clv", "needed_unadjusted"] == pytest.approx(theirs, rel=0.01)
    assert plan.loc["clv_capped", "needed_unadjusted"] < plan.loc["clv", "needed_unadjusted"]


def expect_by_habit(orders: pd.DataFrame, *, learnt_at: pd.Timestamp, moment: pd.Timestamp, days: int) -> pd.DataFrame:
    """Expect revenue by recency and number of orders, learnt from an earlier moment: a model that knows no arm."""

    def habits(at: pd.Timestamp) -> pd.DataFrame:
        past = orders[(orders["ordered_at"] < at) & (orders["revenue"] > 0)].groupby("customer_id")["ordered_at"]
        late = pd.cut((at - past.max()).dt.days, [-1, 15, 30, 60, 120, 240, 5000], labels=False)
        return pd.DataFrame({"late": late, "often": past.size().clip(upper=6)})

    then = habits(learnt_at)
    window = (orders["ordered_at"] >= learnt_at) & (orders["ordered_at"] < learnt_at + pd.Timedelta(days=days))
    then["money"] = orders[window].groupby("customer_id")["revenue"].sum()
    means = then.fillna({"money": 0.0}).groupby(["late", "often"])["money"].mean().rename("expected_value")
    return habits(moment).join(means, on=["late", "often"]).fillna({"expected_value": 0.0}).reset_index()


@pytest.mark.parametrize(("strength", "annoyance"), [(2.5, 0.0), (0.0, 0.9)])
def test_clv__of_a_simulated_shop_has_the_sign_of_the_truth(strength: float, annoyance: float) -> None:
    arm = Arm(name="email", share=0.5, strength=strength, annoyance=annoyance)
    plan = CampaignPlan(name="large", day=500, arms=(arm,), effect_days=90)
    orders, truth = simulate_orders(preset("shop", customers=4000, seed=11).model_copy(update={"campaigns": (plan,)}))
    effects = uplift_at_launch(truth)
    launch = effects["assigned_at"].min()
    moment = launch + pd.Timedelta(days=90)
    assignments = effects.assign(arm=effects["assigned_arm"])[["customer_id", "campaign", "arm", "assigned_at"]]
    made = open_trial(assignments, orders, campaign="large", horizon_days=90, as_of=moment)
    scores = expect_by_habit(orders, learnt_at=launch - pd.Timedelta(days=181), moment=moment, days=180)
    trial, _ = measure_clv(made, open_ledger(orders, as_of=moment).movements, MoneyToCome.of(scores, moment))
    rows = estimate_effects(trial, primary="clv").set_index("metric")
    true = float(effects["contribution_uplift"].mean())
    for name in CLV_METRICS:
        assert (
            np.sign(rows.loc[name, ["difference_low", "difference_high"]].astype(float)).tolist() == [np.sign(true)] * 2
        )

"""KPIs of experience against a count of raw rows in plain Python, and intervals against repeated shops."""

import statistics

import numpy as np
import pandas as pd
import pytest

from tenure_decisions.customers.experience import EXPERIENCE_KPIS, measure_experience
from tenure_features.errors import DataContractError, UsageError

AS_OF = pd.Timestamp("2024-07-01")
RNG = np.random.default_rng(7)
PEOPLE = pd.DataFrame(
    {"customer_id": [f"c{i}" for i in range(300)], "segment": ["VIP", "New", None] * 100, "region": ["n", "s"] * 150}
)


def moments(count: int) -> pd.Series:
    return pd.Series(AS_OF + pd.to_timedelta(RNG.uniform(-200, 30, count), unit="D"))


def somebody(count: int) -> list[str]:
    return [f"c{i}" for i in RNG.integers(0, 310, count)]  # ten of them are nobody's customers


KINDS = {"nps": (0, 10), "ces": (1, 7), "csat": (1, 5), "review": (1, 5)}
_kind = RNG.choice(list(KINDS), 2000)
FEEDBACK = pd.DataFrame(
    {
        "customer_id": somebody(2000), "answered_at": moments(2000), "kind": _kind,
        "score": [float(RNG.integers(KINDS[kind][0], KINDS[kind][1] + 1)) for kind in _kind],
    }
)  # fmt: skip
ORDERS = pd.DataFrame(
    {"customer_id": somebody(3000), "ordered_at": moments(3000), "revenue": RNG.normal(40, 30, 3000).round(2)}
)
_asked, _who = moments(600), [f"c{i % 300}" for i in range(600)]
EVENTS = pd.concat(
    [
        pd.DataFrame({"customer_id": _who, "occurred_at": _asked, "event": "ticket"}),
        pd.DataFrame({"customer_id": _who, "occurred_at": _asked + pd.Timedelta(days=3), "event": "ticket_resolved"})[
            :450
        ],
    ],
    ignore_index=True,
)


@pytest.fixture(scope="module")
def measured() -> pd.DataFrame:
    return measure_experience(PEOPLE, as_of=AS_OF, orders=ORDERS, feedback=FEEDBACK, events=EVENTS, seed=1)


def window(table: pd.DataFrame, when: str, members: set[str], *, back: int) -> list[dict]:
    end = AS_OF - pd.Timedelta(days=90 * back)
    return [
        row
        for row in table.to_dict("records")
        if end - pd.Timedelta(days=90) <= row[when] < end and row["customer_id"] in members
    ]


@pytest.mark.parametrize("back", [0, 1])
@pytest.mark.parametrize(("grouping", "group"), [("shop", "all"), ("segment", "VIP"), ("region", "s")])
def test_experience__is_what_the_raw_rows_say(measured, grouping, group, back) -> None:
    members = set(PEOPLE["customer_id"] if grouping == "shop" else PEOPLE.loc[PEOPLE[grouping] == group, "customer_id"])
    rows = measured[(measured["grouping"] == grouping) & (measured["group"] == group)].set_index("kpi")
    value, count = ("before", "rows_before") if back else ("value", "rows")
    for kind in KINDS:
        scores = [row["score"] for row in window(FEEDBACK, "answered_at", members, back=back) if row["kind"] == kind]
        assert rows.loc[kind, count] == len(scores)
        if kind == "nps":
            up, down = (100 * sum(hits) / len(scores) for hits in ([s >= 9 for s in scores], [s <= 6 for s in scores]))
            assert rows.loc[["nps", "promoters", "detractors"], value].tolist() == pytest.approx([up - down, up, down])
        else:
            assert rows.loc[kind, value] == pytest.approx(statistics.fmean(scores))
    money = [row["revenue"] for row in window(ORDERS, "ordered_at", members, back=back)]
    back_share = -100 * sum(m for m in money if m < 0) / sum(m for m in money if m >= 0)
    assert rows.loc["return_rate", value] == pytest.approx(back_share)
    assert rows.loc["return_rate", count] == sum(m >= 0 for m in money)
    tickets = window(EVENTS[EVENTS["event"] == "ticket"], "occurred_at", members, back=back)
    assert rows.loc["tickets_resolved", count] == len(tickets)
    assert 60 < rows.loc["tickets_resolved", value] < 90
    assert 2.9 < rows.loc["days_to_resolve", value] < 60


def test_experience__nothing_at_or_after_the_moment_is_read(measured) -> None:
    later = {"orders": ORDERS, "feedback": FEEDBACK, "events": EVENTS}
    when = {"orders": "ordered_at", "feedback": "answered_at", "events": "occurred_at"}
    known = {name: table[table[when[name]] < AS_OF] for name, table in later.items()}
    pd.testing.assert_frame_equal(measure_experience(PEOPLE, as_of=AS_OF, seed=1, **known), measured)


def test_experience__few_customers_have_no_interval_and_no_verdict() -> None:
    few = measure_experience(PEOPLE.head(19), as_of=AS_OF, feedback=FEEDBACK, seed=1)
    assert few["value"].notna().all()
    assert few[["low", "high", "change_low", "p_value"]].isna().all().all()
    assert set(few["moved"]) == {""}


def test_experience__a_true_change_is_named_and_its_direction_judged() -> None:
    worse = FEEDBACK.assign(score=FEEDBACK["score"].where(FEEDBACK["answered_at"] < AS_OF - pd.Timedelta(days=90), 1.0))
    found = measure_experience(PEOPLE, as_of=AS_OF, feedback=worse, seed=1).set_index(["grouping", "kpi"])
    shop = found.loc["shop"]
    assert shop.loc[["nps", "csat", "review", "ces", "detractors"], "moved"].tolist() == ["worse"] * 5
    assert shop.loc["detractors", "change"] > 0


def test_experience__intervals_hold_the_truth_as_often_as_they_say_and_few_moves_are_named_by_chance() -> None:
    inside = named = judged = 0
    for seed in range(40):
        generator = np.random.default_rng(seed)
        taste = generator.integers(3, 9, 200)  # a customer's answers are alike: rows are not independent
        who = generator.integers(0, 200, 900)
        answers = pd.DataFrame(
            {
                "customer_id": [f"c{i}" for i in who],
                "answered_at": AS_OF - pd.to_timedelta(generator.uniform(0, 180, 900), unit="D"),
                "kind": "nps", "score": np.clip(taste[who] + generator.integers(-2, 4, 900), 0, 10).astype(float),
            }
        )  # fmt: skip
        found = measure_experience(PEOPLE[["customer_id"]], as_of=AS_OF, feedback=answers, seed=seed).set_index("kpi")
        steps = np.arange(-2, 4)
        each = np.clip(np.arange(3, 9)[:, None] + steps, 0, 10)
        truth = 100 * ((each >= 9).mean() - (each <= 6).mean())
        inside += found.loc["nps", "low"] <= truth <= found.loc["nps", "high"]
        named += int((found["moved"] != "").any())
        judged += 1
    assert inside / judged > 0.86  # 95 % less two and a half standard errors of 40
    assert named / judged < 0.15


def test_experience__what_is_wrong_is_refused_and_what_is_not_there_is_left_out() -> None:
    with pytest.raises(UsageError, match="one day at least"):
        measure_experience(PEOPLE, as_of=AS_OF, period_days=0)
    with pytest.raises(DataContractError, match="feedback lacks a column"):
        measure_experience(PEOPLE, as_of=AS_OF, feedback=FEEDBACK.drop(columns="score"))
    assert measure_experience(PEOPLE, as_of=AS_OF).empty
    sold = measure_experience(PEOPLE, as_of=AS_OF, orders=ORDERS[ORDERS["revenue"] >= 0], events=EVENTS[:600])
    assert sold.empty  # nobody ever sent anything back, and no ticket is ever resolved
    assert set(EXPERIENCE_KPIS) >= set(measure_experience(PEOPLE, as_of=AS_OF, feedback=FEEDBACK)["kpi"])

"""The audit on frames of a real log: it reads lines back as they were, and sees the guard of the history removed."""

from __future__ import annotations

import ibis
import pandas as pd
import pytest

from tenure_features import OrderSource, history, open_shop, snapshots
from tenure_training.audit import order_lines, quick_audit, reopen, sample_customers
from tenure_training.audit.features import differing, later_rows
from tenure_training.frame import Frames

LATE_LINE = [
    ("a", "o1", "2020-01-03 10:00", 10.0),
    ("a", "o1", "2020-01-05 10:00", 4.0),  # a line that arrives later
    ("a", "o1", "2020-01-05 10:00", 1.0),
    ("b", "o2", "2020-01-04 09:00", 7.0),
    ("b", "o3", "2020-01-06 09:00", -2.0),
]


def test_order_lines__come_back_as_they_arrived(open_log, tmp_path):
    rows = pd.DataFrame(LATE_LINE, columns=["customer_id", "order_id", "ordered_at", "revenue"])
    shop = open_log(rows.astype({"ordered_at": "datetime64[us]"}), pd.Timestamp("2020-02-01"))
    lines = order_lines(shop.log, ["a", "b"])
    told = [(row.customer_id, str(row.ordered_at), row.revenue) for row in lines.itertuples()]
    assert told == [
        ("a", "2020-01-03 10:00:00", 10.0),
        ("b", "2020-01-04 09:00:00", 7.0),
        ("a", "2020-01-05 10:00:00", 1.0),
        ("a", "2020-01-05 10:00:00", 4.0),
        ("b", "2020-01-06 09:00:00", -2.0),
    ]
    again = Frames(reopen({"orders": lines}, tmp_path, until=pd.Timestamp("2020-02-01"), returns="net"))
    for moment in pd.to_datetime(["2020-01-04", "2020-01-06", "2020-01-07"]):
        assert differing(Frames(shop).snapshot(moment), again.snapshot(moment)) == []


def test_order_lines__are_opened_under_the_policy_of_their_shop(tmp_path):
    rows = pd.DataFrame(
        {"customer_id": ["a", "a", "b"], "order_id": ["o1", "o2", "o3"], "revenue": [50.0, -10.0, 7.0]}
    ).assign(ordered_at=pd.to_datetime(["2020-01-03", "2020-01-03", "2020-01-04"]))
    until = pd.Timestamp("2020-02-01")
    for policy, spent in (("net", 40.0), ("drop", 50.0)):
        shop = open_shop(OrderSource(rows, returns=policy), until)
        again = reopen({"orders": order_lines(shop.log, ["a", "b"])}, tmp_path, until=until, returns=policy)
        features = ["revenue_total", "orders_total"]
        was, now = (snapshots(opened, until, features=features) for opened in (shop, again))
        assert differing(was, now) == []
        assert now["revenue_total"].tolist() == [spent, 7.0]


def test_order_lines__of_a_sample_in_which_one_customer_has_most_orders_are_opened(tmp_path):
    days = pd.date_range("2020-01-01", periods=200)
    rows = pd.DataFrame({"customer_id": ["a"] * 150 + [f"b{n % 25}" for n in range(50)], "ordered_at": days})
    until = pd.Timestamp("2020-12-01")
    shop = open_shop(OrderSource(rows.assign(revenue=1.0), trust_customers=True), until)
    lines = order_lines(shop.log, rows["customer_id"].unique().tolist())
    again = reopen({"orders": lines}, tmp_path, until=until, returns="net")
    assert snapshots(again, until, features=["orders_total"])["orders_total"].sum() == 200


@pytest.fixture
def workshop(orders, open_log, frames, as_of, tmp_path):
    """Rows of forty customers of the shop, and the way back to frames."""
    log = open_log(orders).log
    tables = {"orders": order_lines(log, sample_customers(frames.snapshot(as_of)["customer_id"].tolist(), most=40))}
    until = as_of + pd.Timedelta(days=60)
    return tables, lambda given: frames.of(reopen(given, tmp_path, until=until, returns="net"))


def test_quick_audit__passes_a_real_training(training, frames, workshop):
    tables, build = workshop
    findings = quick_audit(training, frames, tables=tables, build=build, seed=3)
    assert [(one.check, one.evidence) for one in findings if one.failed] == []
    assert sum(one.verdict == "passed" for one in findings) >= 6


def test_later_rows__are_seen_when_the_history_lets_them_through(workshop, as_of, monkeypatch):
    tables, build = workshop
    before = history._before

    def a_day_late(rows, origins):
        late = before(rows, [origin + pd.Timedelta(days=1) for origin in origins])
        return late.mutate(as_of=ibis.literal(origins[0].to_pydatetime(), type="timestamp(6)"))

    monkeypatch.setattr(history, "_before", a_day_late)
    found = later_rows(tables, build, moments=[as_of], seed=3, futures=["changed and added"])
    assert found.failed

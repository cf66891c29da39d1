"""Visits, opens, complaints and scores move before customers leave, but do not give it away."""

import numpy as np
import pandas as pd
import pytest

from tenure_decisions.customers.service import pair_tickets
from tenure_simulator.block import draw_block
from tenure_simulator.columns import to_frame
from tenure_simulator.events import events_table
from tenure_simulator.feedback import feedback_table


@pytest.fixture(scope="module")
def block(shop):
    return draw_block(shop[0], 0)


@pytest.fixture(scope="module")
def phased(block):
    """Events with the phase each customer was in, and the days spent in each phase."""
    events = to_frame(events_table(block))
    config, purchases = block.config, block.purchases
    who = events["customer_id"].str[1:].astype(int).to_numpy()
    day = ((events["occurred_at"] - np.datetime64(config.start)) / np.timedelta64(1, "D")).to_numpy()
    cooled, left = np.minimum(purchases.cooled, purchases.left), purchases.left
    phase = (day >= cooled[who]).astype(int) + (day >= left[who])
    bounds = [block.traits.arrival, np.minimum(cooled, config.days), np.minimum(left, config.days)]
    spans = [bounds[1] - bounds[0], bounds[2] - bounds[1], config.days - bounds[2]]
    return events.assign(phase=phase, who=who, day=day), [span.sum() for span in spans], spans


def rate(phased, kind, phase):
    events, spans, _ = phased
    return ((events["event"] == kind) & (events["phase"] == phase)).sum() / spans[phase]


def test_visits__fall_before_leaving_and_stop_after(phased):
    assert rate(phased, "visit", 1) < 0.75 * rate(phased, "visit", 0)
    assert rate(phased, "visit", 2) < 0.15 * rate(phased, "visit", 0)


def test_opens__fall_while_the_mails_go_on(phased):
    opens = [rate(phased, "email_open", p) / rate(phased, "email_sent", p) for p in range(3)]
    assert opens[1] < 0.75 * opens[0]
    assert opens[2] < 0.2 * opens[0]


def test_complaints__rise_before_leaving(phased, block):
    events, _, _ = phased
    complaints = events[events["event"] == "complaint"]
    orders = np.bincount(block.purchases.cooling, minlength=2)
    share = [(complaints["phase"] == phase).sum() for phase in (0, 1)]
    assert share[1] / orders[1] > 1.3 * share[0] / orders[0]


def test_visits__are_noisy_signals(phased, block):
    """Days since the last visit tell cooling from engaged customers better than chance and worse than certainty."""
    events, _, _ = phased
    purchases, as_of = block.purchases, 900.0
    alive = (block.traits.arrival < as_of - 60) & (purchases.left > as_of)
    recent = events[(events["event"] == "visit") & events["day"].between(as_of - 45, as_of)]
    visits = np.bincount(recent["who"], minlength=len(alive))[alive] / block.traits.interest[alive]
    cooling = (purchases.cooled <= as_of)[alive]
    ranks = visits.argsort().argsort()
    n1, n0 = cooling.sum(), (~cooling).sum()
    auc = 1 - (ranks[cooling].sum() - n1 * (n1 - 1) / 2) / (n1 * n0)
    assert 0.55 < auc < 0.85


def test_every_order__has_a_visit_and_a_cart_before_it(phased, block):
    events, _, _ = phased
    sold = block.purchases.day < block.config.days
    assert (events["event"] == "cart").sum() >= sold.sum()


def test_unsubscribed__get_no_more_mail(phased):
    events, _, _ = phased
    gave_up = events[events["event"] == "unsubscribe"].set_index("customer_id")["occurred_at"]
    sent = events[events["event"] == "email_sent"]
    after = sent["customer_id"].map(gave_up)
    assert len(gave_up) > 100
    assert not (sent["occurred_at"] > after).any()


def test_tickets__are_resolved_after_they_were_opened_and_some_never(phased, block):
    events, _, _ = phased
    tickets = pair_tickets(events, as_of=pd.Timestamp("2100-01-01"))
    waited = (tickets["resolved_at"] - tickets["opened_at"]) / pd.Timedelta(days=1)
    assert (waited.dropna() > 0).all()
    assert waited.median() == pytest.approx(block.config.service_costs.resolution_days, rel=0.15)
    assert waited.isna().mean() == pytest.approx(block.config.service_costs.unresolved, abs=0.03)


def test_invitations__a_sale_brings_who_leaves_and_a_welcome_who_stays(phased, block):
    events, _, _ = phased
    before = events[(events["event"] == "email_click") & (events["day"] < block.traits.arrival[events["who"]])]
    leaving = pd.Series(block.traits.leave_first[before["who"]]).groupby(before["campaign"].to_numpy()).mean()
    assert leaving["sale"] > leaving["newsletter"] + 0.02 > leaving["welcome"] + 0.04
    assert events.loc[~events["event"].str.startswith("email_"), "campaign"].isna().all()
    assert events.loc[events["event"].str.startswith("email_"), "campaign"].notna().all()


def test_scores__fall_after_bad_orders_and_while_cooling(block):
    feedback = to_frame(feedback_table(block))
    nps = feedback[feedback["kind"] == "nps"]
    who = nps["customer_id"].str[1:].astype(int).to_numpy()
    day = ((nps["answered_at"] - np.datetime64(block.config.start)) / np.timedelta64(1, "D")).to_numpy()
    cold = day >= np.minimum(block.purchases.cooled, block.purchases.left)[who]
    assert nps["score"][cold].mean() < nps["score"][~cold].mean() - 0.7
    assert nps["score"].std() > 1.5

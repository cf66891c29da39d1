"""How customers fare: the KPIs of experience of a shop and of the groups of its scores."""

from __future__ import annotations

import pandas as pd

from tenure_decisions.customers.attributes import customer_attributes
from tenure_decisions.customers.experience import measure_experience
from tenure_decisions.customers.findings import experience_findings
from tenure_decisions.customers.service import RESOLVED, TICKET
from tenure_decisions.findings import Findings
from tenure_features import Shop, orders
from tenure_features.reading.engine import fetch

EXPERIENCE_TABLES = ("feedback", "events", "customers")
GROUPINGS_OF_EXPERIENCE = ("segment", "value_tier", "rfm_group")
"""Columns of a score table that group customers; their region is a further grouping, where it is known."""
PERIOD_DAYS = 90
_NO_RESOLUTIONS = "Of tickets nothing is said: no event ticket_resolved says when one was."


def find_experience(shop: Shop, scores: pd.DataFrame, *, also: tuple[str, ...] = (), seed: int = 0) -> Findings | None:
    """Measure answers, tickets and returns of the scored customers; None where no table says anything.

    Parameters
    ----------
    shop
        Opened at the moment of the scores, with the tables of `EXPERIENCE_TABLES` there are.
    scores
        A score table.
    also
        Further columns of it to group by.
    seed
        Of the bootstrap.
    """
    bought = _orders(shop)
    feedback = shop.tables["feedback"].rows if "feedback" in shop.tables else None
    events = _ticket_events(shop)
    groupings = dict.fromkeys((*GROUPINGS_OF_EXPERIENCE, *also))
    people = scores[["customer_id", *(name for name in groupings if name in scores)]].sort_values("customer_id")
    people = people.assign(customer_id=people["customer_id"].astype("str"))
    region = _region(shop, people["customer_id"], bought)
    if region is not None:
        people = people.assign(region=people["customer_id"].map(region))
    measured = measure_experience(
        people,
        as_of=shop.as_of,
        orders=bought,
        feedback=None if feedback is None else fetch(feedback.select("customer_id", "answered_at", "kind", "score")),
        events=events,
        period_days=PERIOD_DAYS,
        seed=seed,
    )
    if measured.empty:
        return None
    asked = events is not None and (events["event"].str.lower() == TICKET).any()
    silent = "tickets_resolved" not in set(measured["kpi"])
    return experience_findings(measured, days=PERIOD_DAYS, notes=(_NO_RESOLUTIONS,) if asked and silent else ())


def _orders(shop: Shop) -> pd.DataFrame:
    """Bring the orders of both periods into pandas, and returns of any time, which say that the shop takes them."""
    bought = orders(shop)
    names = [name for name in ("customer_id", "ordered_at", "revenue", "region") if name in bought.columns]
    if "region" not in names:  # of whom no order says where, the earlier ones are not asked
        since = shop.as_of - pd.Timedelta(days=2 * PERIOD_DAYS)
        bought = bought.filter((bought.ordered_at >= since.to_pydatetime()) | (bought.revenue < 0))
    return fetch(bought.select(*names))


def _ticket_events(shop: Shop) -> pd.DataFrame | None:
    if "events" not in shop.tables:
        return None
    rows = shop.tables["events"].rows
    kinds = rows.filter(rows.event.lower().isin([TICKET, RESOLVED]))
    return fetch(kinds.select("customer_id", "occurred_at", "event"))


def _region(shop: Shop, ids: pd.Series, bought: pd.DataFrame) -> pd.Series | None:
    if "customers" not in shop.tables and "region" not in bought:
        return None
    customers = shop.tables["customers"].to_pandas() if "customers" in shop.tables else None
    levels = customer_attributes(
        ids,
        as_of=shop.as_of,
        customers=None if customers is None else customers[[c for c in ("customer_id", "region") if c in customers]],
        orders=bought,
    )
    region = levels[levels["attribute"] == "region"].set_index("customer_id")["level"]
    return None if region.empty else region

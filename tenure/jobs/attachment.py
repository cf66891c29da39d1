"""E-mail campaigns by what became of the customers they brought."""

from __future__ import annotations

from tenure_decisions.customers.attachment import attach, bringing_campaigns
from tenure_decisions.customers.findings import attachment_findings
from tenure_decisions.findings import Findings
from tenure_features import Shop, orders
from tenure_features.reading.engine import fetch

WINDOW_DAYS = 90
_EMAIL = ("email_open", "email_click")


def find_attachment(shop: Shop) -> Findings | None:
    """Count repeat customers by the e-mail campaign that brought them; None where no event names a campaign.

    Parameters
    ----------
    shop
        Its events tell who opened and clicked what.

    Raises
    ------
    DataContractError
        No campaign brought anybody.
    """
    if "events" not in shop.tables or "campaign" not in shop.tables["events"].rows.columns:
        return None
    events, bought = shop.tables["events"].rows, orders(shop)
    touches = fetch(
        events.filter(events.event.lower().isin(_EMAIL)).select("customer_id", "occurred_at", "event", "campaign")
    )
    if touches["campaign"].isna().all():
        return None
    rows = fetch(bought.select("customer_id", "ordered_at", "revenue"))
    acquired = bringing_campaigns(rows, touches, as_of=shop.as_of)
    campaigns, cohorts = attach(acquired, rows, as_of=shop.as_of, window_days=WINDOW_DAYS)
    return attachment_findings(campaigns, cohorts, days=WINDOW_DAYS, currency=shop.currency or "")

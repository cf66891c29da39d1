"""What people did with e-mails: Klaviyo, Mailchimp and UniSender."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tenure_connectors.preset import Preset, person

_EVENTS = {
    "received email": "email_sent",
    "opened email": "email_open",
    "clicked email": "email_click",
    "unsubscribed from list": "email_unsubscribe",
    "unsubscribed": "email_unsubscribe",
    "sent": "email_sent",
    "delivered": "email_sent",
    "open": "email_open",
    "opened": "email_open",
    "click": "email_click",
    "clicked": "email_click",
    "unsub": "email_unsubscribe",
    "ok_delivered": "email_sent",
    "ok_read": "email_open",
    "ok_link_visited": "email_click",
    "ok_unsubscribed": "email_unsubscribe",
    "marked email as spam": "email_spam",
}
"""Names of the events in each system, and in the contract."""


def _name_event(event: ir.StringValue) -> ir.StringValue:
    text = event.lower()
    return ibis.cases(*((text == word, name) for word, name in _EVENTS.items()), else_=text)


def _events(rows: ir.Table) -> ir.Table:
    return rows.select(
        customer_id=person(rows.person, rows.email),
        occurred_at=rows.at,
        event=_name_event(rows.event),
        channel=ibis.literal("email"),
        campaign=rows.campaign,
    )


KLAVIYO = Preset(
    name="klaviyo",
    title="Klaviyo events",
    columns={
        "event": ("Event", "Metric", "Event Name", "attributes.metric.name"),
        "at": ("Timestamp", "Event Timestamp", "Date", "attributes.datetime"),
        "email": ("Email", "Profile Email", "attributes.profile.email"),
        "person": ("Klaviyo ID", "Profile ID", "Person ID", "relationships.profile.data.id"),
        "campaign": ("Campaign Name", "attributes.event_properties.Campaign Name"),
    },
    required=("event", "at", "person"),
    tables={"events": _events},
    documentation="developers.klaviyo.com/en/reference/events_api_overview",
)
MAILCHIMP = Preset(
    name="mailchimp",
    title="Mailchimp activity",
    columns={
        "event": ("Action", "action"),
        "at": ("Timestamp", "timestamp", "Action Time"),
        "email": ("Email Address", "email_address", "Email"),
        "person": ("LEID", "EUID", "email_id"),
        "campaign": ("Campaign Title", "campaign_title", "Campaign", "campaign_id"),
    },
    required=("event", "at", "email"),
    tables={"events": _events},
    documentation="mailchimp.com/developer/marketing/api/email-activity-reports",
)
UNISENDER = Preset(
    name="unisender",
    title="UniSender delivery statistics",
    columns={
        "event": ("send_result", "Результат доставки", "Статус доставки"),
        "at": ("last_update", "Дата изменения", "Дата"),
        "email": ("email", "Email"),
        "person": ("customer_id", "Код клиента"),
        "campaign": ("campaign_id", "user_campaign_id", "Рассылка", "Название рассылки"),
    },
    required=("event", "at", "email"),
    tables={"events": _events},
    documentation="www.unisender.com/ru/support/api/statistics/getcampaigndeliverystats",
)

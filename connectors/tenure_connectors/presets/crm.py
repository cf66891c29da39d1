"""Opportunities of Salesforce and deals of HubSpot."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tenure_connectors.meaning import LOST, SALE
from tenure_connectors.preset import Preset, as_amount, person


def _salesforce(deals: ir.Table) -> ir.Table:
    won, closed = deals.won.lower().isin(["true", "1"]), deals.closed.lower().isin(["true", "1"])
    by_stage = SALESFORCE.kind_of(deals.stage)
    meaning = ibis.cases((won, "sale"), (closed & deals.won.notnull(), "lost"), else_=by_stage)
    return deals.select(
        customer_id=person(deals.account_id, deals.contact_id, deals.account),
        ordered_at=ibis.coalesce(deals.closed_at, deals.created_at),
        revenue=as_amount(deals.amount),
        order_id=deals.id,
        channel=deals.source,
        currency=deals.currency,
        status=deals.stage,
        meaning=meaning,
    )


SALESFORCE = Preset(
    name="salesforce",
    title="Salesforce opportunities",
    columns={
        "id": ("Opportunity ID", "Id", "Case Safe ID"),
        "stage": ("Stage", "StageName"),
        "amount": ("Amount",),
        "closed_at": ("Close Date", "CloseDate"),
        "created_at": ("Created Date", "CreatedDate"),
        "account_id": ("Account ID", "AccountId"),
        "account": ("Account Name", "Account.Name"),
        "contact_id": ("Contact ID", "ContactId"),
        "won": ("Won", "IsWon"),
        "closed": ("Closed", "IsClosed"),
        "currency": ("Amount Currency", "CurrencyIsoCode", "Opportunity Currency"),
        "source": ("Lead Source", "LeadSource"),
        "name": ("Opportunity Name", "Name"),
    },
    required=("id", "stage", "amount", "closed_at", "name"),
    tables={"orders": _salesforce},
    statuses={"closed won": SALE, "closed lost": LOST},
    notes=("A customer is the account of an opportunity; a sale is dated by its close date.",),
    documentation="developer.salesforce.com/docs, Object Reference, Opportunity",
)


def _hubspot(deals: ir.Table) -> ir.Table:
    own = deals.own_amount.notnull()
    return deals.select(
        customer_id=person(deals.contact_id, deals.company_id, deals.contact, deals.company),
        ordered_at=ibis.coalesce(deals.closed_at, deals.created_at),
        revenue=as_amount(own.ifelse(deals.own_amount, deals.amount)),
        order_id=deals.id,
        channel=deals.source,
        currency=own.ifelse(None, deals.currency),
        status=deals.stage,
        meaning=HUBSPOT.kind_of(deals.stage),
    )


HUBSPOT = Preset(
    name="hubspot",
    title="HubSpot deals",
    columns={
        "id": ("Record ID", "Deal ID", "Record ID - Deal"),
        "stage": ("Deal Stage",),
        "amount": ("Amount",),
        "own_amount": ("Amount in company currency",),
        "closed_at": ("Close Date",),
        "created_at": ("Create Date",),
        "contact_id": ("Associated Contact IDs", "Associated Contact ID"),
        "contact": ("Associated Contact", "Primary Associated Contact"),
        "company_id": ("Associated Company IDs", "Primary Associated Company ID"),
        "company": ("Associated Company", "Primary Associated Company"),
        "currency": ("Currency",),
        "source": ("Original Traffic Source", "Original Source Type"),
        "name": ("Deal Name",),
    },
    required=("id", "stage", "amount", "closed_at", "name"),
    tables={"orders": _hubspot},
    statuses={
        "closed won": SALE,
        "closedwon": SALE,
        "closed lost": LOST,
        "closedlost": LOST,
        "closed won (sales pipeline)": SALE,
        "closed lost (sales pipeline)": LOST,
    },
    notes=("A customer is the contact of a deal, else its company; a sale is dated by its close date.",),
    documentation="knowledge.hubspot.com/import-and-export/export-records",
)

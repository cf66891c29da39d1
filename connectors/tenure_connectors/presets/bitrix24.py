"""Deals of Bitrix24, from the export of the list, in Russian or English, or the data set of its BI."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tenure_connectors.meaning import LOST, SALE, UNDECIDED
from tenure_connectors.preset import Preset, as_amount, person


def _orders(deals: ir.Table) -> ir.Table:
    # A semantic (S, F, P) says it in any language and any pipeline; names of stages are only the usual ones.
    stated = deals.semantic.upper().substr(0, 1)
    meaning = ibis.cases(
        (stated == "S", "sale"), (stated == "F", "lost"), (stated == "P", "open"), else_=BITRIX24.kind_of(deals.stage)
    )
    return deals.select(
        customer_id=person(deals.contact_id, deals.email, deals.phone, deals.company_id, deals.contact, deals.company),
        ordered_at=ibis.coalesce(deals.closed_at, deals.created_at),
        revenue=as_amount(deals.amount),
        order_id=deals.id,
        channel=deals.source,
        currency=deals.currency,
        status=deals.stage,
        meaning=meaning,
    )


BITRIX24 = Preset(
    name="bitrix24",
    title="Bitrix24 deals",
    columns={
        "id": ("ID",),
        "stage": ("Стадия сделки", "Стадия", "Stage", "Deal stage", "STAGE_ID", "STAGE_NAME"),
        "semantic": ("STAGE_SEMANTIC_ID", "STAGE_SEMANTIC"),
        "amount": ("Сумма", "Amount", "Total", "Total amount", "OPPORTUNITY"),
        "currency": ("Валюта", "Currency", "CURRENCY_ID"),
        "created_at": ("Дата создания", "Created", "Created on", "DATE_CREATE"),
        "closed_at": ("Дата завершения", "Дата закрытия", "Предполагаемая дата закрытия", "End date", "CLOSEDATE"),
        "contact_id": ("CONTACT_ID", "Контакт: ID", "Contact: ID"),
        "company_id": ("COMPANY_ID", "Компания: ID"),
        "contact": ("Контакт", "Contact", "CONTACT", "CONTACT_NAME"),
        "company": ("Компания", "Company", "COMPANY_NAME"),
        "email": ("Контакт: Рабочий e-mail", "Контакт: E-mail", "Contact: Work e-mail", "Contact: E-mail"),
        "phone": ("Контакт: Рабочий телефон", "Контакт: Телефон", "Contact: Work phone"),
        "source": ("Источник", "Source", "SOURCE_ID"),
        "pipeline": ("Воронка", "Pipeline", "CATEGORY_NAME", "CATEGORY_ID"),
    },
    required=("id", "stage", "amount", "created_at", "contact", "currency"),
    tables={"orders": _orders},
    statuses={
        "сделка успешна": SALE,
        "успешная сделка": SALE,
        "deal won": SALE,
        "won": SALE,
        "сделка провалена": LOST,
        "анализ причины провала": LOST,
        "не сложилось": LOST,
        "дубликат": LOST,
        "deal lost": LOST,
        "analyze failure": LOST,
        "lose": LOST,
        "lost": LOST,
        "apology": LOST,
        "новая": UNDECIDED,
        "подготовка документов": UNDECIDED,
        "счёт на предоплату": UNDECIDED,
        "счет на предоплату": UNDECIDED,
        "в работе": UNDECIDED,
        "финальный счёт": UNDECIDED,
        "финальный счет": UNDECIDED,
        "new": UNDECIDED,
        "executing": UNDECIDED,
    },
    notes=("A sale is dated by the day the deal was closed, else by the day it was created.",),
    documentation="helpdesk.bitrix24.com/open/16457718",
)

"""Leads (deals) of amoCRM, and of Kommo, as the list exports them."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tenure_connectors.meaning import LOST, SALE
from tenure_connectors.preset import Preset, as_amount, person


def _orders(deals: ir.Table) -> ir.Table:
    return deals.select(
        customer_id=person(deals.contact_id, deals.email, deals.phone, deals.contact, deals.company),
        ordered_at=ibis.coalesce(deals.closed_at, deals.created_at),
        revenue=as_amount(deals.budget),
        order_id=deals.id,
        channel=deals.source,
        status=deals.stage,
        meaning=AMOCRM.kind_of(deals.stage),
    )


AMOCRM = Preset(
    name="amocrm",
    title="amoCRM deals",
    columns={
        "id": ("ID", "ID сделки", "Lead ID"),
        "name": ("Название сделки", "Lead title", "Lead name"),
        "budget": ("Бюджет", "Бюджет сделки", "Бюджет *", "Sale", "Lead value", "Budget"),
        "stage": ("Этап сделки", "Статус сделки", "Lead stage", "Lead status"),
        "pipeline": ("Воронка", "Pipeline"),
        "created_at": ("Дата создания сделки", "Дата создания", "Created at", "Created on"),
        "closed_at": ("Дата закрытия", "Дата закрытия сделки", "Closed at"),
        "contact_id": ("ID контакта", "Contact ID"),
        "contact": ("Основной контакт", "Контакт", "Main contact", "Contact"),
        "company": ("Компания", "Компания контакта", "Company", "Company name"),
        "email": ("Рабочий email", "Рабочий email (контакт)", "Email", "Work email"),
        "phone": ("Рабочий телефон", "Мобильный телефон", "Рабочий телефон (контакт)", "Work phone", "Mobile phone"),
        "source": ("utm_source", "Источник сделки", "Source"),
    },
    required=("id", "name", "budget", "stage", "created_at"),
    tables={"orders": _orders},
    statuses={
        "успешно реализовано": SALE,
        "успешно реализована": SALE,
        "closed - won": SALE,
        "won": SALE,
        "142": SALE,
        "закрыто и не реализовано": LOST,
        "закрыта и не реализована": LOST,
        "closed - lost": LOST,
        "lost": LOST,
        "143": LOST,
    },
    notes=("A sale is dated by the day the deal was closed, else by the day it was created.",),
    documentation="www.amocrm.ru/support/lead/export",
)

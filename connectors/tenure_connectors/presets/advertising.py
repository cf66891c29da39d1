"""What advertising cost by day and campaign: Google Ads, Meta, Yandex.Direct and VK."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from tenure_connectors.preset import Build, Preset, as_amount


def _spend(channel: str) -> Build:
    def build(rows: ir.Table) -> ir.Table:
        days = rows.filter(rows.day.re_search(r"\d"))  # reports end with a line of totals
        return days.select(
            date=days.day,
            channel=ibis.literal(channel),
            cost=as_amount(days.cost),
            campaign=days.campaign,
            clicks=as_amount(days.clicks),
            impressions=as_amount(days.impressions),
        )

    return build


GOOGLE_ADS = Preset(
    name="google_ads",
    title="Google Ads campaign report",
    columns={
        "day": ("Day", "День"),
        "campaign": ("Campaign", "Кампания"),
        "cost": ("Cost", "Расходы"),
        "clicks": ("Clicks", "Клики"),
        "impressions": ("Impr.", "Impressions", "Показы"),
        "currency": ("Currency code", "Currency", "Код валюты"),
    },
    required=("day", "campaign", "cost", "impressions", "currency"),
    tables={"spend": _spend("google_ads")},
    documentation="support.google.com/google-ads/answer/2404176",
)
META_ADS = Preset(
    name="meta_ads",
    title="Meta Ads Manager report",
    columns={
        "day": ("Day", "Reporting starts"),
        "campaign": ("Campaign name",),
        "cost": ("Amount spent*",),
        "clicks": ("Link clicks", "Clicks (all)"),
        "impressions": ("Impressions",),
    },
    required=("day", "campaign", "cost"),
    tables={"spend": _spend("meta_ads")},
    documentation="www.facebook.com/business/help/1029605473781871",
)
YANDEX_DIRECT = Preset(
    name="yandex_direct",
    title="Yandex.Direct statistics",
    columns={
        "day": ("Date", "Дата", "День"),
        "campaign": ("CampaignName", "Кампания", "Название кампании"),
        "cost": ("Cost", "Расход*"),
        "clicks": ("Clicks", "Клики"),
        "impressions": ("Impressions", "Показы"),
        "id": ("CampaignId", "№ Кампании", "№ кампании"),
    },
    required=("day", "campaign", "cost", "clicks", "impressions", "id"),
    tables={"spend": _spend("yandex_direct")},
    notes=("Costs are as the report has them: with or without VAT, as it was ordered.",),
    documentation="yandex.ru/dev/direct/doc/reports/fields-list.html",
)
VK_ADS = Preset(
    name="vk_ads",
    title="VK Реклама statistics",
    columns={
        "day": ("Дата", "Date", "date"),
        "campaign": ("Название кампании", "Кампания", "Campaign"),
        "cost": ("Потрачено*", "Списано*", "Spent*"),
        "clicks": ("Клики", "Clicks"),
        "impressions": ("Показы", "Shows", "Impressions"),
    },
    required=("day", "campaign", "cost"),
    tables={"spend": _spend("vk_ads")},
    documentation="ads.vk.com/help/articles/statistics",
)

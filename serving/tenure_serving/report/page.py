"""The page: one HTML file that carries its style, its charts and the JavaScript that draws them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any, TypedDict

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tenure_serving.language import ENGLISH, N_, NO_CURRENCY, Language
from tenure_serving.reasons import shorten_reason
from tenure_serving.report import summary
from tenure_serving.report.cell import cell, heading, say_names
from tenure_serving.report.data import ReportData
from tenure_serving.report.grade import grade_model, say_verdict
from tenure_serving.report.sections import CHAPTERS, lay_out
from tenure_serving.segments.maps import RfmMap, load_map
from tenure_serving.segments.playbook import Playbook, load_playbook


class _Said(TypedDict):
    language: Language


_FOR_PROGRAMS = frozenset({"ready", "name"})
_SAID_OF_DATA = {
    "uri": N_("file"),
    "as_of": N_("day of the prediction"),
    "rows_after_as_of": N_("rows after that day, not read"),
    "first_at": N_("first order"),
    "last_at": N_("last order"),
    "returns_share": N_("returns, share of the revenue of orders"),
    "revenue": N_("net revenue"),
    "one_time_share": N_("customers with one order only"),
    "adbt_quantiles": N_("days between orders, by share of customers (%)"),
    "suggested_horizon_days": N_("suggested window, days"),
    "verdicts": N_("what the orders are good for"),
}
"""What the figures of the orders are called on the page, where their names do not say it."""
_DEFINED_FIRST = (
    "population", "horizon", "churn", "value", "value_if_buys", "interval", "interval_if_buys", "warnings",
    "next_order", "clv", "contribution_to_date", "clv_to_come", "clv_before_cac", "clv_net",
)  # fmt: skip
_METRIC_ALIASES = {"coverage80": "coverage_80"}


def render_report(
    data: ReportData,
    *,
    playbook: Playbook | None = None,
    maps: tuple[RfmMap, RfmMap] | None = None,
    language: Language = ENGLISH,
) -> str:
    """Render the report as one self-contained HTML page.

    Nothing is loaded from anywhere: style, charts and the Vega JavaScript are inside, and a content security policy
    forbids the rest. Of single customers the page holds only the few to call first.

    Parameters
    ----------
    data
        See `ReportData`.
    playbook
        Goals and further steps of the segments; default the starter playbook.
    maps
        The maps behind ``rfm_group`` and ``rfm_relationship``; default the ones that come with Tenure.
    language
        Of every word; sections come in theirs.

    Returns
    -------
    str
        HTML, about one megabyte, most of it JavaScript.
    """
    from tenure_serving.charts import style

    book = playbook or load_playbook()
    group_map, relationship_map = maps or (load_map("common_eleven"), load_map("relationship"))
    language = language.with_words(group_words(language, book, group_map, relationship_map))
    people = summary.with_money(data.scores, data.record if len(data.record) else None)
    backtest = data.backtest.rename(columns=_METRIC_ALIASES)
    added = lay_out(data.sections, currency=data.currency, language=language)
    specs = _charts(data, people, backtest, (group_map, relationship_map), language) | added.specs
    return (
        _environment(language)
        .get_template("report.html.j2")
        .render(
            data=data,
            language=language,
            no_currency=NO_CURRENCY,
            conclusion=_conclude(data, summary.headline(people), language),
            readiness=_readable(data.readiness, data.currency, language),
            definitions=_in_order(data.definitions),
            head=summary.headline(people),
            grade=grade_model(backtest, data.champion, language=language, signal=data.signal),
            risk=summary.by_risk(people),
            segments=summary.by_segment(people, book),
            calls=summary.first_to_call(people, rows=20 if data.signal else 0),
            lost=summary.lost_customers(people, rows=10 if data.signal else 0),
            chapters=[
                (language.gettext(words), name, [part for part in added.sections if part["chapter"] == name])
                for name, words in CHAPTERS.items()
            ],
            scale=group_map.scale,
            backtest=summary.compare(backtest, data.champion) if len(backtest) else None,
            map_notes=[rfm_map for rfm_map in (group_map, relationship_map) if rfm_map.note],
            charts=sorted(specs),
            specs=_json(specs),
            config=_json(dict(style.CONFIG)),
            locales=_json(language.chart_locales()),
            javascript=_code(_javascript()),
        )
    )


def group_words(language: Language, playbook: Playbook, *maps: RfmMap) -> dict[str, str]:
    """Return the names of segments and groups in a language, as the playbook and the maps have them."""
    words = {play.name: playbook.label(play.name, language=language.code) for play in playbook.plays}
    for rfm_map in maps:
        words |= {group.name: rfm_map.label(group.name, language=language.code) for group in rfm_map.groups}
    return words


def _conclude(data: ReportData, head: summary.Headline, language: Language) -> str:
    """Say the conclusion of the page in one sentence, with what its amounts are in."""

    def money(amount: float) -> str:
        written = language.money(amount, data.currency)
        return written if data.currency else language.gettext("{amount} (no currency given)", amount=written)

    everybody = language.count(head.customers)
    days = language.count(data.horizon_days)
    if not head.at_risk:
        return language.gettext(
            "None of {customers} customers is at risk of leaving within {days} days; {money} is expected of them.",
            customers=everybody,
            days=days,
            money=money(head.expected_value),
        )
    return language.ngettext(
        "{count} of {customers} customers is at risk of leaving within {days} days: {money} is at stake.",
        "{count} of {customers} customers are at risk of leaving within {days} days: {money} is at stake.",
        head.at_risk,
        customers=everybody,
        days=days,
        money=money(head.money_at_risk),
    )


def _charts(
    data: ReportData, people: pd.DataFrame, backtest: pd.DataFrame, maps: tuple[RfmMap, RfmMap], language: Language
) -> dict[str, Any]:
    """Vega-Lite specifications by the name of their place on the page; empty tables draw nothing."""
    from tenure_serving import charts

    currency, spoken = data.currency, _Said(language=language)
    bins = charts.churn_bins(people["churn_probability"], tiers=people["risk_tier"])
    mean = float(people["churn_probability"].mean())
    cells = summary.sum_by(people, "recency_score", "frequency_score")
    drawn: dict[str, Any] = {
        "churn_risk": charts.draw_churn_risk(bins, horizon_days=data.horizon_days, mean=mean, **spoken),
        "value_by_risk": charts.draw_value_by_risk(
            summary.sum_by(people, "value_tier", "risk_tier"), currency=currency, **spoken
        ),
        "rfm_cells": charts.draw_rfm_cells(cells, scale=maps[0].scale, currency=currency, **spoken),
    }
    for column, rfm_map in zip(("rfm_group", "rfm_relationship"), maps, strict=True):
        if column in people:
            table = summary.sum_by(people, column).rename(columns={column: "group"})
            name = rfm_map.title.get(language.code, rfm_map.id)
            drawn[column] = charts.draw_groups(table, order=rfm_map.names, name=name, currency=currency, **spoken)
    return {name: chart.to_dict() for name, chart in (drawn | _trust_charts(data, backtest, language)).items()}


def _trust_charts(data: ReportData, backtest: pd.DataFrame, language: Language) -> dict[str, Any]:
    from tenure_serving import charts

    currency, spoken = data.currency, _Said(language=language)
    drawn: dict[str, Any] = {}
    for metric in ("auroc", "normalised_gini"):
        if metric in backtest and backtest[metric].notna().any():
            drawn[metric] = charts.draw_backtest(backtest, metric=metric, champion=data.champion, **spoken)
    if len(data.calibration):
        drawn["calibration"] = charts.draw_calibration(data.calibration, **spoken)
    if len(data.deciles):
        drawn["deciles"] = charts.draw_deciles(data.deciles, currency=currency, **spoken)
    if len(data.totals):
        drawn["totals"] = charts.draw_totals(data.totals, currency=currency, **spoken)
    if len(data.drivers):
        drawn["drivers"] = charts.draw_drivers(data.drivers, **spoken)
    return drawn


def _environment(language: Language) -> Environment:
    """Give the templates a language; the filters are its methods, so nothing is shared between two."""
    from tenure_serving.charts.trust import METRIC_WORDS

    environment = Environment(
        loader=PackageLoader("tenure_serving.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"gettext": language.gettext, "ngettext": language.ngettext}
    environment.filters |= {
        "money": language.money,
        "number": language.number,
        "metric_words": lambda name: language.gettext(METRIC_WORDS[name]),
        "percent": lambda share: language.percent(share).replace(" ", "\xa0"),
        "count": language.count,
        "day": language.day,
        "long_day": language.long_day,
        "said": language.translate,
        "words": lambda name: heading(name, language),
        "cell": lambda value: cell(value, language),
        "verdict": lambda verdict: say_verdict(verdict, language),
        "shortly": shorten_reason,
        "plainly": lambda text: say_names(text, language),
        "capital": lambda text: text[:1].upper() + text[1:],
    }
    environment.tests["table"] = _is_table
    return environment


def _in_order(definitions: Mapping[str, str]) -> dict[str, str]:
    """Order definitions by what is read first; a model that was read back has them by the alphabet."""
    names = [*(name for name in _DEFINED_FIRST if name in definitions), *definitions]
    return {name: definitions[name] for name in names if definitions[name]}


def _readable(readiness: Mapping[str, Any], currency: str, language: Language) -> dict[str, Any]:
    """Keep what a person reads: nothing empty, no example rows of customers; shares in percent."""
    readable: dict[str, Any] = {}
    for field, value in readiness.items():
        if value is None or value in ("", [], ()) or field in _FOR_PROGRAMS:
            continue
        name = language.gettext(_SAID_OF_DATA[field]) if field in _SAID_OF_DATA else field
        if isinstance(value, float) and field.endswith("share"):
            readable[name] = language.percent(value)
        elif field == "revenue":
            readable[name] = language.exact_money(float(value), currency)
        elif _is_table(value):
            readable[name] = [{column: cell for column, cell in row.items() if column != "examples"} for row in value]
        else:
            readable[name] = value
    return readable


def _is_table(value: object) -> bool:
    return isinstance(value, (list, tuple)) and bool(value) and all(isinstance(row, Mapping) for row in value)


@cache
def _javascript() -> str:
    """Vega, Vega-Lite and vega-embed in one piece, out of the vl-convert wheel."""
    import vl_convert

    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;"))


def _json(value: object) -> Markup:
    """Write JSON that a script element can hold: without the one character that could end it."""
    return Markup(json.dumps(value, ensure_ascii=False, allow_nan=False).replace("<", "\\u003c"))  # noqa: S704


def _code(text: str) -> Markup:
    """Mark code as safe inside a script element; only strings in it can hold a closing tag."""
    return Markup(re.sub(r"</(script)", r"<\\/\1", text, flags=re.IGNORECASE))  # noqa: S704

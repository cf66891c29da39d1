"""The page: one HTML file that carries its style, its charts and the JavaScript that draws them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from tenure_serving.report import summary
from tenure_serving.report.cell import cell, words
from tenure_serving.report.data import ReportData
from tenure_serving.report.sections import lay_out
from tenure_serving.segments.maps import RfmMap, load_map
from tenure_serving.segments.playbook import Playbook, load_playbook

_FOR_PROGRAMS = frozenset({"schema_version", "ready"})
_METRIC_ALIASES = {"coverage80": "coverage_80"}


def render_report(
    data: ReportData,
    *,
    playbook: Playbook | None = None,
    maps: tuple[RfmMap, RfmMap] | None = None,
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

    Returns
    -------
    str
        HTML, about one megabyte, most of it JavaScript.
    """
    from tenure_serving.charts import style

    group_map, relationship_map = maps or (load_map("common_eleven"), load_map("relationship"))
    people = summary.with_money(data.scores)
    backtest = data.backtest.rename(columns=_METRIC_ALIASES)
    added = lay_out(data.sections, currency=data.currency)
    specs = _charts(data, people, backtest, group_map, relationship_map) | added.specs
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            data=data,
            readiness=_readable(data.readiness),
            head=summary.headline(people),
            risk=summary.by_risk(people),
            segments=summary.by_segment(people, playbook or load_playbook()),
            calls=summary.first_to_call(people),
            sections=added.sections,
            scale=group_map.scale,
            backtest=summary.backtest_means(backtest, data.champion) if len(backtest) else None,
            origins=backtest["origin"].nunique() if len(backtest) else 0,
            map_notes=[rfm_map for rfm_map in (group_map, relationship_map) if rfm_map.note],
            charts=sorted(specs),
            specs=_json(specs),
            config=_json(dict(style.CONFIG)),
            javascript=_code(_javascript()),
        )
    )


def _charts(
    data: ReportData, people: pd.DataFrame, backtest: pd.DataFrame, group_map: RfmMap, relationship_map: RfmMap
) -> dict[str, Any]:
    """Vega-Lite specifications by the name of their place on the page; empty tables draw nothing."""
    from tenure_serving import charts

    currency = data.currency
    bins = charts.churn_bins(people["churn_probability"], tiers=people["risk_tier"])
    mean = float(people["churn_probability"].mean())
    drawn: dict[str, Any] = {
        "churn_risk": charts.draw_churn_risk(bins, horizon_days=data.horizon_days, mean=mean),
        "value_by_risk": charts.draw_value_by_risk(
            summary.sum_by(people, "value_tier", "risk_tier"), currency=currency
        ),
        "rfm_cells": charts.draw_rfm_cells(
            summary.sum_by(people, "recency_score", "frequency_score"), scale=group_map.scale, currency=currency
        ),
    }
    for column, rfm_map in (("rfm_group", group_map), ("rfm_relationship", relationship_map)):
        if column in people:
            table = summary.sum_by(people, column).rename(columns={column: "group"})
            drawn[column] = charts.draw_groups(
                table, order=rfm_map.names, name=rfm_map.title.get("en", rfm_map.id), currency=currency
            )
    for metric in ("auroc", "normalised_gini"):
        if metric in backtest and backtest[metric].notna().any():
            drawn[metric] = charts.draw_backtest(backtest, metric=metric, champion=data.champion)
    if len(data.calibration):
        drawn["calibration"] = charts.draw_calibration(data.calibration)
    if len(data.deciles):
        drawn["deciles"] = charts.draw_deciles(data.deciles, currency=currency)
    if len(data.totals):
        drawn["totals"] = charts.draw_totals(data.totals, currency=currency)
    if len(data.drivers):
        drawn["drivers"] = charts.draw_drivers(data.drivers)
    return {name: chart.to_dict() for name, chart in drawn.items()}


@cache
def _environment() -> Environment:
    from tenure_serving.charts import style
    from tenure_serving.charts.trust import METRIC_WORDS

    environment = Environment(
        loader=PackageLoader("tenure_serving.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "money": style.format_money,
        "number": style.number,
        "percent": style.percent,
        "words": words,
        "metric": lambda name: METRIC_WORDS[name],
        "cell": cell,
    }
    environment.tests["table"] = _is_table
    return environment


def _readable(readiness: Mapping[str, Any]) -> dict[str, Any]:
    """Keep what a person reads: no format versions, nothing empty, no example rows of customers; shares in percent."""
    from tenure_serving.charts import style

    readable: dict[str, Any] = {}
    for name, value in readiness.items():
        if value is None or value in ("", [], ()) or name in _FOR_PROGRAMS:
            continue
        if isinstance(value, float) and name.endswith("share"):
            readable[name] = style.percent(value)
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

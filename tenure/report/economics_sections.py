"""Sections of the report on cohorts, channels, growth and budget."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pandas as pd

from tenure.config import Config
from tenure.jobs.customer_ids import Resolved
from tenure.jobs.inputs import Inputs
from tenure.jobs.shop_tables import SCORED, ShopTables, read_shop
from tenure.progress import SilentProgress
from tenure_decisions.economics.budget import budget
from tenure_decisions.economics.channels import ALL, channels
from tenure_decisions.economics.cohorts import cohorts
from tenure_decisions.economics.completion import complete
from tenure_decisions.economics.growth import FORMULAS, growth
from tenure_decisions.economics.study import Study, open_study
from tenure_features.errors import TenureError
from tenure_serving.report.sections import Block, ChartBlock, Paragraph, Section, TableBlock, Unit

LARGEST = 5_000_000
"""Rows of orders up to which the report holds these sections; the commands have no limit of their own."""


def economics_sections(config: Config, inputs: Inputs, scores: pd.DataFrame) -> tuple[Section, ...]:
    """Build the sections the configured tables allow: cohorts always, the others where there is a table of spend.

    Parameters
    ----------
    config
        Names the tables beside the orders.
    inputs
        What the job has opened: the orders, the customers their ids became, and tables beside them.
    scores
        Made at the same moment; they set the level of predicted value.
    """
    if inputs.log.readiness.rows_used > LARGEST:
        return ()
    shop = read_shop(
        config,
        progress=SilentProgress(),
        resolved=inputs.resolved or Resolved(inputs.log),
        opened=inputs.tables if config.run.as_of else {},  # without a moment they hold rows after the last order
    )
    found = [_told("Cohorts", lambda: (_cohorts(shop, config.run.seed),))]
    if "spend" in shop.beside:
        found.append(_told("Channels, growth and budget", lambda: _money(shop, scores, config.run.seed)))
    return tuple(section for part in found for section in part)


def _told(title: str, build: Callable[[], tuple[Section, ...]]) -> tuple[Section, ...]:
    """Build sections; what the data do not allow is said in their place and does not stop a report."""
    try:
        return build()
    except TenureError as error:
        return (Section(title, str(error)),)


def _money(shop: ShopTables, scores: pd.DataFrame, seed: int) -> tuple[Section, ...]:
    beside = shop.beside
    study = open_study(
        shop.orders,
        as_of=shop.as_of,
        customers=beside.get("customers"),
        events=beside.get("events"),
        spend=beside["spend"],
        service_costs=beside.get("service_costs"),
        scores=scores[list(SCORED)],
        seed=seed,
    )
    parts = (_channels(study, shop.currency), _growth(study))
    return (*parts, *_told("Budget", lambda: (_budget(study, shop.currency, seed),)))


def _cohorts(shop: ShopTables, seed: int) -> Section:
    from tenure_serving.charts import cohorts as charts

    found = cohorts(shop.orders, as_of=shop.as_of, service_costs=shop.beside.get("service_costs"))
    ahead = complete(found, seed=seed)
    blocks: list[Block] = [
        ChartBlock(charts.retention(found), "Share of each cohort with an order, by age", wide=True),
        ChartBlock(
            charts.cumulative_value(found, ahead, currency=shop.currency),
            "Cumulative value per customer of each cohort, by age",
            wide=True,
        ),
    ]
    return Section(
        "Cohorts: who stays, and what they bring",
        f"Customers by month of their first order. Value is {found.measure}, before the cost of acquisition.",
        (*blocks, *_notes(found.notes)),
    )


def _channels(study: Study, currency: str) -> Section:
    from tenure_serving.charts import channels as charts

    found, days = channels(study), study.horizons[-1]
    rows = found.table[found.table["rule"] == "first_touch"]
    clv = found.clv[(found.clv["rule"] == "first_touch") & (found.clv["days"] == days)].set_index("channel")
    table = rows[["channel", "new_customers", "spend", "paid_cac", "marginal_cac", "payback", "retention"]].assign(
        predicted=clv["predicted"].reindex(rows["channel"]).to_numpy(),
        low=clv["predicted_low"].reindex(rows["channel"]).to_numpy(),
        high=clv["predicted_high"].reindex(rows["channel"]).to_numpy(),
        ltv_cac=clv["ltv_cac"].reindex(rows["channel"]).to_numpy(),
    )
    money: tuple[str, ...] = ("spend", "paid_cac", "marginal_cac", "predicted", "low", "high")
    units: dict[str, Unit] = dict.fromkeys(money, "money")
    units |= {"new_customers": "count", "retention": "percent", "ltv_cac": "number"}
    caption = (
        f"By first touch, {found.since:%Y-%m-%d} until {found.as_of:%Y-%m-%d}; predicted value within {days} days, "
        f"before the cost of acquisition, with its {found.level:.0%} interval; ltv_cac = predicted / cac."
    )
    blocks: list[Block] = [TableBlock(table, caption, units)]
    blocks.append(ChartBlock(charts.channel_value(found.clv, days=days, currency=currency), "Value by channel"))
    if (found.table["paid_cac"] > 0).any():
        blocks.append(ChartBlock(charts.channel_costs(found.table, currency=currency), "Cost of a customer by channel"))
    return Section(
        "Channels: what customers cost and bring",
        f"Value is {found.measure}. Credit goes to the first touch, on both sides of every ratio.",
        (*blocks, *_notes(found.notes)),
    )


def _growth(study: Study) -> Section:
    from tenure_serving.charts import channels as charts

    found = growth(study)
    levers = found.what_if[found.what_if["channel"] == ALL]
    names = ["lever", "change", "gain_per_customer", "gain", "gain_low", "gain_high"]
    units: dict[str, Unit] = dict.fromkeys(names[2:], "money")
    return Section(
        "Growth: C x CLV / CAC = G",
        "; ".join(f"{name} = {formula}" for name, formula in FORMULAS.items()) + ".",
        (
            TableBlock(levers[names], f"What one more point of a lever would do, value at {found.days} days.", units),
            ChartBlock(charts.growth_by_month(found.months, days=found.days), "G by month, CLV before CAC"),
            ChartBlock(charts.growth_by_month(found.months, days=found.days, net=True), "G by month, CLV net of CAC"),
        ),
    )


def _budget(study: Study, currency: str, seed: int) -> Section:
    from tenure_serving.charts import budget as charts

    title = "Budget: where the next unit of money brings most"
    found = budget(study, currency=currency, seed=seed)
    names = ["channel", "spend_now", "spend_then", "value", "average_return", "marginal_return", "marginal_then"]
    units: dict[str, Unit] = dict.fromkeys(names[1:4], "money")
    units |= dict.fromkeys(names[4:], "number")
    blocks: list[Block] = [
        TableBlock(found.table[[*names, "reading"]], f"Money per week; value at {found.days} days.", units),
        ChartBlock(charts.reallocation(found, currency=currency), "Spend now and proposed"),
        ChartBlock(charts.response_curves(found, currency=currency), "Response curves", wide=True),
    ]
    if found.test is not None:
        blocks.append(Paragraph(f"Before believing it: {found.test.text}"))
    return Section(title, "Nothing here is a promise before an experiment.", (*blocks, *_notes(found.notes)))


def _notes(notes: tuple[str, ...]) -> Iterator[Block]:
    yield from (Paragraph(note, "note") for note in notes)

"""What the economics commands print for people."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from tenure.jobs.economics import Findings
from tenure.report.render import money
from tenure_decisions.economics import growth as growths
from tenure_decisions.economics.budget import DIRECTION

SHOWN_COHORTS = 13


def cohort_lines(found: Findings) -> list[str]:
    """Tell what the cohorts say: the averages, the youngest cohorts, what they will have brought."""
    facts, currency = found.facts, found.currency
    summary = found.tables["summary"].head(13)
    lines = [
        f"Cohorts by {facts['by']}, age in periods of {facts['period_days']} days, as of {facts['as_of']:%Y-%m-%d}.",
        f"Value is {facts['value']}, before the cost of acquisition{_in(currency)}.",
        "",
        "Mean of mature cohorts:",
        *_table(
            summary[["age", "cohorts", "customers", "retention", "orders_per_customer", "value_per_customer",
                     "cumulative_value"]]
        ),
    ]  # fmt: skip
    wide = _triangle(found)
    lines += ["", "Retention, percent of the cohort (in brackets: still open, never averaged in):", *_table(wide)]
    ahead = found.tables["completion"]
    if len(ahead):
        last = ahead[ahead["age"] == ahead["age"].max()]
        shown = last.assign(
            predicted=[_spread(*row) for row in zip(last["predicted"], last["low"], last["high"], strict=True)]
        )
        days = (int(ahead["age"].max()) + 1) * int(facts["period_days"])
        lines += ["", f"Predicted value per customer {days} days after the first order, {_level(found)} interval:"]
        lines += _table(shown[["cohort", "customers", "predicted"]])
    return [*lines, *_ending(found)]


def _triangle(found: Findings) -> pd.DataFrame:
    cells = found.tables["cells"]
    cells = cells[cells["age"] <= 12]
    text = [
        f"{100 * share:.0f}" if mature else f"({100 * share:.0f})"
        for share, mature in zip(cells["retention"], cells["mature"], strict=True)
    ]
    wide = cells.assign(text=text).pivot_table(index="cohort", columns="age", values="text", aggfunc="first")
    sizes = cells.groupby("cohort")["customers"].first()
    wide.insert(0, "customers", sizes.reindex(wide.index))
    return wide.fillna("").tail(SHOWN_COHORTS).reset_index()


def channel_lines(found: Findings) -> list[str]:
    """Tell what customers of each channel cost and bring, first and last touch side by side."""
    facts, currency = found.facts, found.currency
    lines = [
        f"Customers and money from {facts['since']:%Y-%m-%d} until {facts['as_of']:%Y-%m-%d}{_in(currency)}.",
        f"Value is {facts['value']}. Ranges are {_level(found)} intervals.",
    ]
    for rule in ("first_touch", "last_touch"):
        table = found.tables["channels"]
        rows = table[table["rule"] == rule].set_index("channel")
        clv = found.tables["clv"]
        at = clv[(clv["rule"] == rule) & (clv["days"] == facts["days"])].set_index("channel")
        lines += ["", f"By {rule.replace('_', ' ')}, what customers cost:", *_table(_costs(rows))]
        lines += ["", f"By {rule.replace('_', ' ')}, what customers bring within {facts['days']} days:"]
        lines += _table(_worth(rows, at))
    lines += ["", "Predicted value per customer by age in days, before the cost of acquisition (first touch):"]
    lines += _table(_ages(found))
    lines += ["", f"ltv_cac = {facts['formulas']['ltv_cac']}."]
    return [*lines, *_ending(found)]


def _costs(rows: pd.DataFrame) -> pd.DataFrame:
    shown: dict[str, Any] = {"channel": rows.index, "customers": rows["new_customers"], "spend": rows["spend"]}
    shown |= {name: [_number(value) for value in rows[name]] for name in ("paid_cac", "blended_cac", "loaded_cac")}
    return pd.DataFrame(shown | {"marginal_cac": _ranges(rows, "marginal_cac"), "payback": rows["payback"].tolist()})


def _worth(rows: pd.DataFrame, at: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "channel": rows.index,
            "mature": at["mature"].tolist(),
            "observed": _ranges(at, "observed"),
            "predicted": _ranges(at, "predicted"),
            "after_cac": _ranges(at, "predicted_net"),
            "ltv_cac": _ranges(at, "ltv_cac"),
            "retention": [_percent(value) for value in rows["retention"]],
            "engagement": [_number(value) for value in rows["engagement"]],
        }
    )


def _ages(found: Findings) -> pd.DataFrame:
    clv = found.tables["clv"]
    clv = clv[clv["rule"] == "first_touch"]
    columns: dict[str, Any] = {"channel": clv["channel"].drop_duplicates()}
    columns |= {f"{days}": _ranges(clv[clv["days"] == days], "predicted") for days in sorted(set(clv["days"]))}
    return pd.DataFrame(columns)


def growth_lines(found: Findings) -> list[str]:
    """Tell G in both conventions, and what one more point of each lever would do."""
    facts = found.facts
    lines = [
        f"G = C x CLV / CAC, CLV predicted at {facts['days']} days, {_level(found)} intervals{_in(found.currency)}."
    ]
    lines += [f"{name} = {formula}." for name, formula in growths.FORMULAS.items()]
    table = found.tables["channels"]
    lines += ["", "By channel (first touch):", *_table(_growth(table, "channel"))]
    months = found.tables["months"]
    lines += ["", "By month of acquisition, the last twelve complete ones:"]
    lines += _table(_growth(months[months["complete"]].tail(12), "month"))
    levers = found.tables["what_if"]
    whole = levers[levers["channel"] == "all"]
    lines += ["", "What one more point would do, all channels together:"]
    lines += _table(
        pd.DataFrame(
            {
                "lever": whole["lever"], "change": whole["change"],
                "gain_per_customer": _ranges(whole, "gain_per_customer"), "gain": _ranges(whole, "gain"),
                "g_before": _ranges(whole, "g_before_gain"), "g_net": _ranges(whole, "g_net_gain"),
            }
        )
    )  # fmt: skip
    lines += [f"  {lever}: {meaning}." for lever, meaning in growths.LEVERS.items()]
    return [*lines, *_ending(found)]


def _growth(table: pd.DataFrame, key: str) -> pd.DataFrame:
    names = ("clv_before_cac", "cac", "clv_net", "g_before", "g_net")
    return pd.DataFrame({key: table[key], "C": table["customers"], **{name: _ranges(table, name) for name in names}})


def budget_lines(found: Findings) -> list[str]:
    """Tell the proposal, how sure it is, and the experiment to run before believing it."""
    facts, currency, table = found.facts, found.currency, found.tables["channels"]
    amounts = [
        ("hold" if row["direction"] == "hold" else row["direction"])
        if row["reading"] == DIRECTION
        else f"{row['spend_then']:,.0f}{' (beyond what was seen)' if row['extrapolated'] else ''}"
        for _, row in table.iterrows()
    ]
    shown = pd.DataFrame(
        {
            "channel": table["channel"], "now": [f"{value:,.0f}" for value in table["spend_now"]], "proposed": amounts,
            "value": _ranges(table, "value"), "average_return": _ranges(table, "average_return"),
            "next_unit_returns": _ranges(table, "marginal_return"), "then": _ranges(table, "marginal_then"),
            "reading": table["reading"],
        }
    )  # fmt: skip
    lines = [
        f"{money(facts['total'], currency)} a week, value of new customers at {facts['days']} days, "
        f"{_level(found)} intervals{_in(currency)}:",
        *_table(shown),
        "",
    ]
    if facts["reading"] == DIRECTION:
        lines.append("Direction only: there is no amount to promise, see the notes.")
    else:
        low, high = (money(facts[name], currency) for name in ("gain_low", "gain_high"))
        lines.append(
            f"Expected gain over the present split: {money(facts['gain'], currency)} a week ({low} to {high}); "
            f"it brings more in {facts['chance']:.0%} of the draws."
        )
    until = (
        "at the upper bounds, too"
        if np.isinf(facts["best_total"])
        else f"up to {money(facts['best_total'], currency)} a week within the bounds"
    )
    lines.append(f"The last unit of money returns {facts['marginal_total']:.2f}; it pays for itself {until}.")
    if facts["test"] is not None:
        lines += ["", f"Before believing it: {facts['test'].text}"]
    return [*lines, *_ending(found)]


def _ending(found: Findings) -> list[str]:
    lines = ["", *(f"Note: {note}" for note in found.notes)] if found.notes else []
    return lines + (["", *(f"Written: {path}" for path in found.files)] if found.files else [])


def _table(frame: pd.DataFrame) -> list[str]:
    texts = frame.map(lambda value: value if isinstance(value, str) else _number(value))
    return ["  " + line for line in texts.to_string(index=False).splitlines()]


def _ranges(table: pd.DataFrame, name: str) -> list[str]:
    return [_spread(*row) for row in zip(table[name], table[f"{name}_low"], table[f"{name}_high"], strict=True)]


def _spread(value: float, low: float, high: float) -> str:
    """Write an estimate with its interval, ``-`` where it is not known."""
    if not np.isfinite(value):
        return "-"
    return f"{_number(value)} ({_number(low)}-{_number(high)})" if np.isfinite(low) else _number(value)


def _number(value: float) -> str:
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if not np.isfinite(value):
        return "-"
    if float(value).is_integer():
        return f"{value:,.0f}"
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def _percent(value: float) -> str:
    return f"{value:.0%}" if np.isfinite(value) else "-"


def _level(found: Findings) -> str:
    return f"{found.facts['level']:.0%}"


def _in(currency: str) -> str:
    return f", in {currency}" if currency else ""

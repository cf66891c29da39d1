"""The jobs behind ``tenure cohorts``, ``channels``, ``growth`` and ``budget``: tables in, decisions out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from tenure.config import Config
from tenure.jobs.shop_tables import read_shop, read_study
from tenure.options import out_folder
from tenure.progress import Progress
from tenure_decisions import glossary
from tenure_decisions.economics import budget as budgets
from tenure_decisions.economics import channels as channel_tables
from tenure_decisions.economics import cohorts as cohort_tables
from tenure_decisions.economics import completion
from tenure_decisions.economics import growth as growths
from tenure_features.errors import UsageError


@dataclass(frozen=True)
class Findings:
    """What a job found.

    Attributes
    ----------
    result
        The decision object: `Cohorts`, `Channels`, `Growth` or `Budget`.
    tables
        Tables by name, as printed with ``--json`` and written as CSV.
    facts
        Single numbers and texts.
    definitions
        Unit and meaning of the columns.
    notes
        What a reader must know.
    currency
        Of every amount.
    files
        What was written.
    """

    result: Any
    tables: Mapping[str, pd.DataFrame]
    facts: Mapping[str, Any]
    definitions: Mapping[str, Any]
    notes: tuple[str, ...]
    currency: str
    files: tuple[Path, ...] = field(default=())

    def payload(self) -> dict[str, Any]:
        """Return what ``--json`` prints."""
        rest = {"definitions": self.definitions, "notes": self.notes, "currency": self.currency, "files": self.files}
        return {**self.facts, **self.tables, **rest}


def cohort_job(
    config: Config,
    *,
    by: str = "month",
    period_days: int = 30,
    until_age: int = 12,
    level: float = 0.8,
    out: Path | None = None,
    progress: Progress,
) -> Findings:
    """Follow cohorts, and complete the young ones (`tenure_decisions.economics.completion`)."""
    shop = read_shop(config, progress=progress, only=("customers", "service_costs"))
    beside = {name: shop.beside.get(name) for name in ("customers", "service_costs")}
    with progress.stage("Following the cohorts"):
        found = cohort_tables.cohorts(shop.orders, as_of=shop.as_of, by=by, period_days=period_days, **beside)
        ahead = pd.DataFrame()
        if by in cohort_tables.BY_TIME:
            ahead = completion.complete(found, until_age=until_age, level=level, seed=config.run.seed)
    from tenure_serving.charts import cohorts as charts

    drawn = {
        "cohort_retention": charts.retention(found, ages=until_age + 1),
        "cohort_value": charts.cumulative_value(found, ahead, currency=shop.currency, ages=until_age + 1),
    }
    tables = {"cells": found.cells, "summary": found.summary, "completion": ahead}
    facts = {"as_of": found.as_of, "by": by, "period_days": period_days, "level": level, "value": found.measure}
    notes = (*shop.notes, *found.notes)
    files = _written(out, "cohorts", tables, drawn)
    return Findings(found, tables, facts, _terms(glossary.COHORTS), notes, shop.currency, files)


def channel_job(
    config: Config,
    scores: Path | None,
    *,
    days: int = 365,
    out: Path | None = None,
    progress: Progress,
    **settings: Any,  # noqa: ANN401
) -> Findings:
    """Weigh the channels, see `tenure_decisions.economics.channels`; settings are those of `read_study`."""
    shop, study = read_study(config, scores, days=days, progress=progress, **settings)
    with progress.stage("Weighing the channels"):
        found = channel_tables.channels(study, seed=config.run.seed)
    from tenure_serving.charts import channels as charts

    drawn = {"channel_value": charts.channel_value(found.clv, days=days, currency=shop.currency)}
    if (found.table["paid_cac"] > 0).any():
        drawn["channel_costs"] = charts.channel_costs(found.table, currency=shop.currency)
    tables = {"channels": found.table, "clv": found.clv}
    facts = {
        "as_of": found.as_of, "since": found.since, "days": days, "level": found.level, "value": found.measure,
        "formulas": {"ltv_cac": glossary.CLV["ltv_cac"].meaning},
    }  # fmt: skip
    terms = _terms({**glossary.CHANNELS, **glossary.CLV})
    files = _written(out, "channels", tables, drawn)
    return Findings(found, tables, facts, terms, (*shop.notes, *found.notes), shop.currency, files)


def growth_job(
    config: Config,
    scores: Path | None,
    *,
    days: int = 365,
    out: Path | None = None,
    progress: Progress,
    **settings: Any,  # noqa: ANN401
) -> Findings:
    """Compute G, see `tenure_decisions.economics.growth`; settings are those of `read_study`."""
    shop, study = read_study(config, scores, days=days, progress=progress, **settings)
    with progress.stage("Computing growth"):
        found = growths.growth(study, days=days)
    from tenure_serving.charts import channels as charts

    drawn = {
        "growth_before_cac": charts.growth_by_month(found.months, days=days),
        "growth_net": charts.growth_by_month(found.months, days=days, net=True),
    }
    tables = {"channels": found.channels, "months": found.months, "what_if": found.what_if}
    facts = {
        "as_of": study.as_of, "since": study.since, "days": days, "level": found.level, "value": found.measure,
        "formulas": dict(growths.FORMULAS), "levers": dict(growths.LEVERS),
    }  # fmt: skip
    files = _written(out, "growth", tables, drawn)
    return Findings(found, tables, facts, _terms(glossary.GROWTH), (*shop.notes, *found.notes), shop.currency, files)


def budget_job(
    config: Config,
    scores: Path | None,
    *,
    total: float | None = None,
    bounds: tuple[float, float] = (0.5, 2.0),
    limits: Mapping[str, tuple[float, float]] | None = None,
    days: int = 365,
    out: Path | None = None,
    progress: Progress,
    **settings: Any,  # noqa: ANN401
) -> Findings:
    """Split a weekly budget, see `tenure_decisions.economics.budget`; settings are those of `read_study`."""
    shop, study = read_study(config, scores, days=days, progress=progress, **settings)
    with progress.stage("Fitting response curves and splitting the budget"):
        found = budgets.budget(
            study, total=total, bounds=bounds, limits=limits, days=days, currency=shop.currency, seed=config.run.seed
        )
    from tenure_serving.charts import budget as charts

    drawn = {
        "budget": charts.reallocation(found, currency=shop.currency),
        "response_curves": charts.response_curves(found, currency=shop.currency),
    }
    tables = {"channels": found.table, "curves": found.curves}
    numbers = ("total", "gain", "gain_low", "gain_high", "chance", "marginal_total", "best_total", "reading", "test")
    facts = {name: getattr(found, name) for name in numbers}
    facts |= {"as_of": study.as_of, "days": days, "level": found.level, "value": found.measure}
    files = _written(out, "budget", tables, drawn)
    return Findings(found, tables, facts, _terms(glossary.BUDGET), (*shop.notes, *found.notes), shop.currency, files)


def read_limits(pairs: Sequence[str] | None) -> dict[str, tuple[float, float]]:
    """Read ``CHANNEL=FROM:TO`` pairs.

    Raises
    ------
    UsageError
        When a pair is not of that form.

    Examples
    --------
    >>> read_limits(["email=20:80"])
    {'email': (20.0, 80.0)}
    """
    limits = {}
    for pair in pairs or ():
        name, _, span = pair.partition("=")
        low, _, high = span.partition(":")
        try:
            limits[name.strip()] = (float(low), float(high))
        except ValueError:
            raise UsageError(
                f"--limit {pair!r} is not CHANNEL=FROM:TO.", fix="Write it like --limit email=20:80, money per week."
            ) from None
    return limits


def _terms(terms: Mapping[str, glossary.Term]) -> dict[str, dict[str, str]]:
    return {name: {"unit": term.unit, "meaning": term.meaning} for name, term in terms.items()}


def _written(
    out: Path | None, prefix: str, tables: Mapping[str, pd.DataFrame], drawn: Mapping[str, Any]
) -> tuple[Path, ...]:
    """Write tables as CSV and charts as SVG; nothing without a folder."""
    if out is None:
        return ()
    import vl_convert

    from tenure_serving.charts.style import CONFIG

    folder, files = out_folder(out), []
    for name, table in tables.items():
        if not table.empty:
            files.append(folder / (f"{prefix}.csv" if name == prefix else f"{prefix}_{name}.csv"))
            table.to_csv(files[-1], index=False)
    for name, chart in drawn.items():
        files.append(folder / f"{name}.svg")
        files[-1].write_text(vl_convert.vegalite_to_svg(chart.to_dict(), config=dict(CONFIG)), encoding="utf-8")
    return tuple(files)

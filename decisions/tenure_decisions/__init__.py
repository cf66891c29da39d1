"""Decisions: scores and tables in, economics and what to do out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # imported on first use: pandas and SciPy take most of a second
    from tenure_decisions.customers.attachment import attach, bringing_campaigns
    from tenure_decisions.customers.attributes import customer_attributes
    from tenure_decisions.customers.encounters import CONFOUNDING, encounters
    from tenure_decisions.customers.experience import measure_experience
    from tenure_decisions.customers.first_order import first_orders
    from tenure_decisions.customers.ideal import ideal_profile
    from tenure_decisions.customers.matrix import cross_groups, main_levels
    from tenure_decisions.customers.pareto import pareto, pareto_curve
    from tenure_decisions.customers.profiles import profile
    from tenure_decisions.economics.budget import budget
    from tenure_decisions.economics.channels import channels
    from tenure_decisions.economics.cohorts import cohorts
    from tenure_decisions.economics.growth import growth
    from tenure_decisions.economics.study import Study, open_study
    from tenure_decisions.findings import Fact, Findings, FindingTable

__all__ = [
    "CONFOUNDING",
    "Fact",
    "FindingTable",
    "Findings",
    "Study",
    "attach",
    "bringing_campaigns",
    "budget",
    "channels",
    "cohorts",
    "cross_groups",
    "customer_attributes",
    "encounters",
    "first_orders",
    "growth",
    "ideal_profile",
    "main_levels",
    "measure_experience",
    "open_study",
    "pareto",
    "pareto_curve",
    "profile",
]

_HOME = {
    "CONFOUNDING": "customers.encounters",
    "Fact": "findings",
    "FindingTable": "findings",
    "Findings": "findings",
    "Study": "economics.study",
    "attach": "customers.attachment",
    "bringing_campaigns": "customers.attachment",
    "budget": "economics.budget",
    "channels": "economics.channels",
    "cohorts": "economics.cohorts",
    "cross_groups": "customers.matrix",
    "customer_attributes": "customers.attributes",
    "encounters": "customers.encounters",
    "first_orders": "customers.first_order",
    "growth": "economics.growth",
    "ideal_profile": "customers.ideal",
    "main_levels": "customers.matrix",
    "measure_experience": "customers.experience",
    "open_study": "economics.study",
    "pareto": "customers.pareto",
    "pareto_curve": "customers.pareto",
    "profile": "customers.profiles",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)

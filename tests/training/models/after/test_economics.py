"""Economics say what they count, and come back as they were stored or not at all."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from tenure_features.errors import DataContractError
from tenure_features.stored import Stored
from tenure_training.models.after.credibility import Credibility
from tenure_training.models.after.economics import Economics

OWN = Economics(
    discount_rate_per_year=0.08,
    lifetime_years=2.0,
    margin=Credibility(mean=0.35, halfway=40.0),
    service_cost_per_order=Credibility(mean=4.5),
    cac=20.0,
)


def stored(economics: Economics, **changes: object) -> Economics:
    saved = json.loads(json.dumps(economics.to_dict())) | changes
    return Economics.from_stored(Stored(saved, "extras.json"))


@pytest.mark.parametrize("economics", [Economics(), OWN, replace(OWN, discount_rate_per_year=0.0, cac=None)])
def test_economics__come_back_from_a_bundle(economics: Economics) -> None:
    assert stored(economics) == economics


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("discount_rate_per_year", 10.0, 10.1),
        ("discount_rate_per_year", 1e-6, 9e-7),
        ("lifetime_years", 1 / 365, 1 / 366),
        ("lifetime_years", 50.0, 50.1),
        ("cac", 0.0, -0.01),
        ("cac", 1e18, 1.1e18),
        ("margin", {"mean": -10.0, "halfway": None}, {"mean": -10.1, "halfway": None}),
        ("margin", {"mean": 1.0, "halfway": 0.0}, {"mean": 1.01, "halfway": 0.0}),
        ("service_cost_per_order", {"mean": 0.0, "halfway": None}, {"mean": -0.01, "halfway": None}),
        ("service_cost_per_order", {"mean": 1e18, "halfway": None}, {"mean": 1.1e18, "halfway": None}),
    ],
)
def test_economics__are_refused_out_of_range(name: str, inside: object, outside: object) -> None:
    kept = stored(OWN, **{name: inside}).to_dict()[name]
    assert kept == inside
    with pytest.raises(DataContractError):
        stored(OWN, **{name: outside})


def test_economics__say_what_they_count() -> None:
    assert Economics().measure == "net revenue, since no costs are known"
    assert not Economics().costs_known
    assert OWN.costs_known
    assert OWN.measure == (
        "contribution: net revenue at a margin of 35 % on average, each customer's own as far as it is known, "
        "less 4.5 per order to serve"
    )
    assert (
        replace(OWN, margin=None).measure == "contribution: net revenue, no margin known, less 4.5 per order to serve"
    )
    assert (OWN.discounting, replace(OWN, discount_rate_per_year=0.0).discounting) == (
        "discounted at 8 % per year",
        "not discounted",
    )

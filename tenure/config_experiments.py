"""The section ``[experiments]`` of ``tenure.toml``: standing tests by group, and the tactics they may try."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator

from tenure.config_section import ConfigSection


class TacticConfig(ConfigSection):
    """Something that may be tried on customers.

    Attributes
    ----------
    contact_cost, offer_cost
        Of a customer contacted, and of one who takes the offer.
    lift, lift_deviation
        What is believed of its lift in the metric before any test, and how unsure that is (standard deviation).
    """

    contact_cost: float = Field(default=0.0, ge=0)
    offer_cost: float = Field(default=0.0, ge=0)
    lift: float = Field(default=0.0, gt=-1, lt=10)
    lift_deviation: float = Field(default=0.1, gt=0, lt=10)


class StandingTestConfig(ConfigSection):
    """A group of customers and the tactics to try on it.

    Attributes
    ----------
    where
        Who belongs to it: a condition over scores, features and what customers are.
    tactics
        Names of ``[experiments.tactics]``.
    """

    where: str = Field(min_length=1)
    tactics: tuple[str, ...] = Field(min_length=1)


class ExperimentsConfig(ConfigSection):
    """Standing tests, see ``tenure experiment run``.

    Attributes
    ----------
    metric, window_days, worth, level
        What the tests are made for, the days of a customer's window, the smallest lift worth having, the level.
    planned, longest_days
        Customers, and days, after which a test takes no more.
    control_share
        Share of newcomers that are left alone.
    allocation, floor
        ``even``: one tactic at a time; ``thompson``: all of a group, newcomers go where results point, and no arm gets
        less than the floor.
    holdout, holdout_days
        Share held out from everything, and days after which others are; 0 days: never.
    results
        File of what campaigns taught: ``tenure experiment analyse`` adds to it, others read it.
    tactics, tests
        By name; of groups that share a customer the first one has it.
    """

    metric: Literal["retention", "orders", "revenue", "margin"] = "retention"
    window_days: int = Field(default=30, ge=1, le=730)
    worth: float = Field(default=0.05, ge=0)
    level: float = Field(default=0.95, gt=0.5, lt=1)
    planned: int = Field(default=2000, ge=100)
    longest_days: int = Field(default=180, ge=1)
    control_share: float = Field(default=0.5, ge=0.05, le=0.95)
    allocation: Literal["even", "thompson"] = "even"
    floor: float = Field(default=0.1, ge=0.01, le=0.5)
    holdout: float = Field(default=0.0, ge=0, lt=0.5)
    holdout_days: int = Field(default=180, ge=0)
    results: Path | None = None
    tactics: dict[str, TacticConfig] = Field(default_factory=dict)
    tests: dict[str, StandingTestConfig] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _tactics_exist(self) -> Self:
        for group, test in self.tests.items():
            unknown = [name for name in test.tactics if name not in self.tactics]
            if unknown:
                raise ValueError(
                    f"the test {group} names the tactic {unknown[0]}, and [experiments.tactics] has "
                    f"{', '.join(self.tactics) or 'none'}"
                )
        if "control" in self.tactics:
            raise ValueError("no tactic may be called control")
        return self

"""The rules that standing tests are run by."""

from __future__ import annotations

from dataclasses import dataclass

ALLOCATIONS = ("even", "thompson")


@dataclass(frozen=True, kw_only=True)
class StandingRules:
    """How standing tests are run.

    Attributes
    ----------
    metric, horizon_days, worth, level
        As of any test.
    planned
        Customers after whom a test takes no more.
    longest_days
        Days after which it takes no more.
    control_share
        Of newcomers; the tactic gets the rest.
    allocation
        ``even``: one tactic against control, shares as planned. ``thompson``: all tactics of a group at once, and
        newcomers go where results point.
    floor
        The least share of an arm with ``thompson``.
    seed
        Of every draw.
    """

    metric: str = "retention"
    horizon_days: int = 30
    worth: float = 0.05
    level: float = 0.95
    planned: int = 2000
    longest_days: int = 180
    control_share: float = 0.5
    allocation: str = "even"
    floor: float = 0.1
    seed: int = 0

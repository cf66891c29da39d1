"""A shop with known truth: what was drawn is written beside what was seen."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # imported on first use: pandas and pydantic take most of a second
    from tenure_simulator.archive import read_truth
    from tenure_simulator.config import ShopConfig
    from tenure_simulator.lifetime import lifetime_at
    from tenure_simulator.memory import simulate_orders
    from tenure_simulator.outlook import truth_at
    from tenure_simulator.presets import PRESETS, preset
    from tenure_simulator.realised import realised_outcome
    from tenure_simulator.truth import Truth
    from tenure_simulator.uplift import uplift_at_launch
    from tenure_simulator.writer import SimulationResult, simulate

__all__ = [
    "PRESETS",
    "ShopConfig",
    "SimulationResult",
    "Truth",
    "lifetime_at",
    "preset",
    "read_truth",
    "realised_outcome",
    "simulate",
    "simulate_orders",
    "truth_at",
    "uplift_at_launch",
]

_HOME = {
    "PRESETS": "presets",
    "ShopConfig": "config",
    "SimulationResult": "writer",
    "Truth": "truth",
    "lifetime_at": "lifetime",
    "preset": "presets",
    "read_truth": "archive",
    "realised_outcome": "realised",
    "simulate": "writer",
    "simulate_orders": "memory",
    "truth_at": "outlook",
    "uplift_at_launch": "uplift",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)

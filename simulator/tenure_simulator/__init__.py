"""A shop with known truth: what was drawn is written beside what was seen."""

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

"""A shop with known truth: what was drawn is written beside what was seen."""

from tenure_simulator.config import ShopConfig
from tenure_simulator.memory import simulate_orders
from tenure_simulator.outlook import truth_at
from tenure_simulator.presets import PRESETS, preset
from tenure_simulator.realised import realised
from tenure_simulator.truth import Truth

__all__ = ["PRESETS", "ShopConfig", "Truth", "preset", "realised", "simulate_orders", "truth_at"]

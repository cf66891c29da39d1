"""Segments: RFM scores and maps, value and risk tiers, lifecycle, and a playbook that says what to do next."""

from tenure_serving.segments.lifecycle import Lifecycle
from tenure_serving.segments.maps import RfmMap, load_map
from tenure_serving.segments.playbook import Playbook, load_playbook
from tenure_serving.segments.rfm import RfmScorer, suggested_scale
from tenure_serving.segments.segmenter import Segmenter
from tenure_serving.segments.tiers import RiskTiers, ValueTiers, money_at_risk
from tenure_serving.segments.value_if_buys import ClosedWindows, ValueIfBuys

__all__ = [
    "ClosedWindows",
    "Lifecycle",
    "Playbook",
    "RfmMap",
    "RfmScorer",
    "RiskTiers",
    "Segmenter",
    "ValueIfBuys",
    "ValueTiers",
    "load_map",
    "load_playbook",
    "money_at_risk",
    "suggested_scale",
]

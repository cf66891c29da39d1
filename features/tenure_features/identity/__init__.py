"""One customer out of many source ids: identifiers are normalised, linked with guards, and mapped to customers."""

from __future__ import annotations

from tenure_features.identity.customer_map import CustomerMap, customer_map
from tenure_features.identity.kinds import KINDS, IdentitySettings, KindRule
from tenure_features.identity.resolution import Resolution, resolve
from tenure_features.identity.state import IdentityState, read_state
from tenure_features.identity.undo import undo_merge

__all__ = [
    "KINDS",
    "CustomerMap",
    "IdentitySettings",
    "IdentityState",
    "KindRule",
    "Resolution",
    "customer_map",
    "read_state",
    "resolve",
    "undo_merge",
]

"""The customer card: everything known of one customer, as values, as JSON and as a page."""

from tenure_serving.card.card import CustomerCard, Identity, build_card
from tenure_serving.card.experience import Experience
from tenure_serving.card.page import render_card

__all__ = ["CustomerCard", "Experience", "Identity", "build_card", "render_card"]

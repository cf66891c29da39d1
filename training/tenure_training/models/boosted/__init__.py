"""Boosted trees for the value of everybody at once and for survival, and the booster they share."""

"""Customers: what sets a group apart, what they met early, and who the best are."""

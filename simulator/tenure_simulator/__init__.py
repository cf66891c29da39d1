"""A shop with known truth: what was drawn is written beside what was seen."""

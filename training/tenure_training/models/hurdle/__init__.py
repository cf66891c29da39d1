"""Hurdle models: whether somebody buys, times what those who buy spend; linear, trees, and the blend of all."""

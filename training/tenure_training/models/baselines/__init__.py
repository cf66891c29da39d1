"""Baselines: rules that every model has to beat."""

"""Snapshots in, bundles out: labels, models, calibration, backtest and tracking."""

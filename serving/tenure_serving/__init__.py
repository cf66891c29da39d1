"""Bundles and snapshots in, scores out: segments, reasons, the score table and the report."""

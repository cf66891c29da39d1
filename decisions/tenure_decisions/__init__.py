"""Decisions: scores and tables in, economics and what to do out."""

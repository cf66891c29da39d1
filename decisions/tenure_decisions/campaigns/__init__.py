"""Campaigns: randomised tests designed and measured on a shop's own orders."""

"""Surveys of groups of customers: whom to ask what, and what the answers say of everybody."""

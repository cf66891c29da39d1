"""Who the customer is: what the shop knew of them at the origin."""

from __future__ import annotations

import ibis.expr.types as ir

from tenure_features.families.feature import feature
from tenure_features.histories import CustomerProfile


@feature(
    unit="days", family="profile", table="customers", columns=("signed_up_at",), reason="signed up {value:.0f} days ago"
)
def signup_days(profile: CustomerProfile) -> ir.Value:
    """Days since the customer signed up."""
    return profile.days_since("signed_up_at")


@feature(
    unit="days",
    family="profile",
    table="customers",
    columns=("signed_up_at",),
    reason="{value:.0f} days from sign-up to the first order",
)
def signup_to_order_days(profile: CustomerProfile) -> ir.Value:
    """Days from sign-up to the first order."""
    return signup_days(profile) - profile.first_order_age


@feature(unit="years", family="profile", table="customers", columns=("birth_year",), reason="{value:.0f} years old")
def age_years(profile: CustomerProfile) -> ir.Value:
    """Age: calendar year of the origin less year of birth."""
    return profile.year - profile["birth_year"]

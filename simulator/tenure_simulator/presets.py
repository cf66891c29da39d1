"""Ready shops: everyday, with regular buyers, a marketplace of one-time buyers, tiny, dirty, fragmented."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from tenure_features.errors import UsageError
from tenure_simulator.behaviour import BasketHabits, IdentityHabits, Leaving, Purchasing
from tenure_simulator.config import ShopConfig
from tenure_simulator.dirt import FAULTS
from tenure_simulator.levers import Arm, CampaignPlan, Channel, ChannelChange, PriceChange

_CHANNELS = (
    Channel(name="organic", weight=22, base=1.0, rate=1.05, leaving=-0.2),
    Channel(name="paid_search", weight=20, acquisition_cost=22, saturation=1.2, cost_per_click=0.7),
    Channel(
        name="paid_social", weight=16, acquisition_cost=26, saturation=0.7, rate=0.85, basket=0.95, leaving=0.4,
        deals=0.4, cost_per_click=0.45, launch_day=60, pauses=((500, 545),),
    ),
    Channel(name="email", weight=7, acquisition_cost=4, base=0.4, saturation=0.5, rate=1.15, leaving=-0.2, deals=0.2),
    Channel(name="marketplace", weight=14, acquisition_cost=9, base=0.5, rate=0.75, basket=0.85, leaving=0.7),
    Channel(name="store", weight=10, acquisition_cost=12, base=0.7, rate=1.1, basket=1.15, leaving=-0.3),
    Channel(name="referral", weight=6, acquisition_cost=10, base=0.6, rate=1.2, basket=1.05, leaving=-0.5),
    Channel(
        name="affiliates", weight=8, acquisition_cost=18, saturation=0.6, rate=0.8, leaving=0.5, deals=0.8,
        cost_per_click=0.3, launch_day=180,
    ),
)  # fmt: skip
"""Eight channels that differ in volume, cost, saturation and the customers they bring."""

CAMPAIGNS = (
    CampaignPlan(
        name="spring_voucher", day=440, effect_days=45,
        arms=(Arm(name="voucher", share=0.5, strength=0.9, annoyance=0.02, discount=0.15, contact_cost=0.6),),
    ),
    CampaignPlan(
        name="win_back", day=620, audience="lapsed", effect_days=60,
        arms=(
            Arm(name="email", share=0.3, strength=0.5, annoyance=0.03, contact_cost=0.05),
            Arm(name="voucher", share=0.3, strength=1.3, annoyance=0.03, discount=0.2, contact_cost=0.6),
        ),
    ),
    CampaignPlan(name="aa_test", day=760, arms=(Arm(name="same", share=0.5),)),
    CampaignPlan(
        name="app_push", day=860, effect_days=30, lost=0.3,
        arms=(Arm(name="push", share=0.5, strength=0.4, annoyance=0.06, contact_cost=0.01),),
    ),
    CampaignPlan(
        name="loyalty_call", day=930, audience="recent", effect_days=45,
        arms=(Arm(name="call", share=0.4, strength=0.35, annoyance=0.08, contact_cost=2.5),),
    ),
)  # fmt: skip
"""Five randomised campaigns; ``aa_test`` does nothing, ``app_push`` loses treated rows."""


def _shop(customers: int, seed: int) -> ShopConfig:
    return ShopConfig(
        customers=customers,
        seed=seed,
        channels=_CHANNELS,
        campaigns=CAMPAIGNS,
        price_changes=(PriceChange(day=700),),
        channel_changes=(ChannelChange(channel="affiliates", day=800),),
    )


def _subscription(customers: int, seed: int) -> ShopConfig:
    shapes = (0.0,) * 11 + (0.5, 0.0, 0.0, 0.0, 0.5)
    return ShopConfig(
        customers=customers,
        seed=seed,
        channels=_CHANNELS,
        campaigns=CAMPAIGNS,
        purchasing=Purchasing(gap_days=30, spread=0.15, shortest_gap_days=14, regularity=shapes, season=0.1),
        leaving=Leaving(
            after_first=0.08, after_order=0.015, cooling_after_days=700, cooling_days=50, cooling_speed=0.7
        ),
        baskets=BasketHabits(extra_lines=0.4, lines_spread=0.4, discounted=0.1),
    )


def _marketplace(customers: int, seed: int) -> ShopConfig:
    return ShopConfig(
        customers=customers,
        seed=seed,
        channels=_CHANNELS,
        campaigns=CAMPAIGNS,
        purchasing=Purchasing(gap_days=90, spread=1.0, regularity=(0.7, 0.2, 0.1), season=0.8),
        leaving=Leaving(after_first=0.6, after_order=0.06, cooling_after_days=700, cooling_days=75),
        baskets=BasketHabits(extra_lines=0.35, lines_spread=0.6, price_level=1.3),
    )


def _tiny(customers: int, seed: int) -> ShopConfig:
    return ShopConfig(customers=customers, seed=seed, channels=_CHANNELS, days=420, future_days=120)


def _dirty(customers: int, seed: int) -> ShopConfig:
    return ShopConfig(customers=customers, seed=seed, channels=_CHANNELS, days=420, future_days=120, dirt=tuple(FAULTS))


def _fragmented_shop(customers: int, seed: int) -> ShopConfig:
    return _shop(customers, seed).model_copy(update={"identities": IdentityHabits(fragmented=True)})


PRESETS: Mapping[str, tuple[Callable[[int, int], ShopConfig], int]] = {
    "shop": (_shop, 10_000),
    "subscription": (_subscription, 5_000),
    "marketplace": (_marketplace, 20_000),
    "tiny": (_tiny, 200),
    "dirty": (_dirty, 400),
    "fragmented": (_fragmented_shop, 5_000),
}
"""Name of each preset: its builder and its usual number of customers."""


def preset(name: str, *, customers: int | None = None, seed: int = 0) -> ShopConfig:
    """Return the configuration of a ready shop.

    Parameters
    ----------
    name
        ``shop``, ``subscription``, ``marketplace``, ``tiny``, ``dirty`` or ``fragmented``.
    customers
        Number of customers; the preset's usual number when None.
    seed
        Seed of every random stream.

    Raises
    ------
    UsageError
        When there is no such preset.

    Examples
    --------
    >>> preset("shop", customers=500).channels[0].name
    'organic'
    """
    if name not in PRESETS:
        raise UsageError(f"There is no preset {name!r}.", fix=f"Choose one of {', '.join(PRESETS)}.")
    build, usual = PRESETS[name]
    return build(usual if customers is None else customers, seed)

"""Channels and devices: how many, how concentrated, how spread."""

from __future__ import annotations

import ibis.expr.types as ir

from tenure_features.families.feature import feature
from tenure_features.histories import EventHistory, OrderDetails
from tenure_features.table_history import entropy, top_share


@feature(
    unit="channels",
    family="engagement",
    table="order_details",
    columns=("channel",),
    reason="ordered through {value:.0f} channels",
)
def order_channels_total(orders: OrderDetails) -> ir.Value:
    """Different channels of orders."""
    return orders.distinct(orders.text("channel"), orders.is_order)


@feature(
    unit="ratio",
    family="engagement",
    table="order_details",
    columns=("channel",),
    reason="{value:.0%} of orders with the same channel",
)
def order_channel_top_share(orders: OrderDetails) -> ir.Value:
    """Share of orders with the most frequent channel."""
    return top_share(orders.times("channel"))


@feature(
    unit="nats",
    family="engagement",
    table="order_details",
    columns=("channel",),
    reason="orders across channels: {value:.2f} (0 is always the same one)",
)
def order_channel_entropy(orders: OrderDetails) -> ir.Value:
    """Entropy of the channels of orders: 0 for one."""
    return entropy(orders.times("channel"))


@feature(
    unit="devices",
    family="engagement",
    table="order_details",
    columns=("device",),
    reason="ordered through {value:.0f} devices",
)
def order_devices_total(orders: OrderDetails) -> ir.Value:
    """Different devices of orders."""
    return orders.distinct(orders.text("device"), orders.is_order)


@feature(
    unit="ratio",
    family="engagement",
    table="order_details",
    columns=("device",),
    reason="{value:.0%} of orders with the same device",
)
def order_device_top_share(orders: OrderDetails) -> ir.Value:
    """Share of orders with the most frequent device."""
    return top_share(orders.times("device"))


@feature(
    unit="nats",
    family="engagement",
    table="order_details",
    columns=("device",),
    reason="orders across devices: {value:.2f} (0 is always the same one)",
)
def order_device_entropy(orders: OrderDetails) -> ir.Value:
    """Entropy of the devices of orders: 0 for one."""
    return entropy(orders.times("device"))


@feature(
    unit="regions",
    family="engagement",
    table="order_details",
    columns=("region",),
    reason="ordered to {value:.0f} regions",
)
def order_regions_total(orders: OrderDetails) -> ir.Value:
    """Different regions of orders."""
    return orders.distinct(orders.text("region"), orders.is_order)


@feature(
    unit="ratio",
    family="engagement",
    table="order_details",
    columns=("region",),
    reason="{value:.0%} of orders with the same region",
)
def order_region_top_share(orders: OrderDetails) -> ir.Value:
    """Share of orders with the most frequent region."""
    return top_share(orders.times("region"))


@feature(
    unit="channels",
    family="engagement",
    table="events",
    columns=("channel",),
    reason="came through {value:.0f} channels",
)
def event_channels_total(events: EventHistory) -> ir.Value:
    """Different channels of what the customer did."""
    return events.distinct(events.channel, events.by_customer)


@feature(
    unit="ratio",
    family="engagement",
    table="events",
    columns=("channel",),
    reason="{value:.0%} of touches with the same channel",
)
def event_channel_top_share(events: EventHistory) -> ir.Value:
    """Share of what the customer did with the most frequent channel."""
    return top_share(events.channel_times)


@feature(
    unit="nats",
    family="engagement",
    table="events",
    columns=("channel",),
    reason="touches across channels: {value:.2f} (0 is always the same one)",
)
def event_channel_entropy(events: EventHistory) -> ir.Value:
    """Entropy of the channels of what the customer did: 0 for one."""
    return entropy(events.channel_times)


@feature(
    unit="devices", family="engagement", table="events", columns=("device",), reason="came through {value:.0f} devices"
)
def event_devices_total(events: EventHistory) -> ir.Value:
    """Different devices of what the customer did."""
    return events.distinct(events.device, events.by_customer)


@feature(
    unit="ratio",
    family="engagement",
    table="events",
    columns=("device",),
    reason="{value:.0%} of touches with the same device",
)
def event_device_top_share(events: EventHistory) -> ir.Value:
    """Share of what the customer did with the most frequent device."""
    return top_share(events.device_times)


@feature(
    unit="nats",
    family="engagement",
    table="events",
    columns=("device",),
    reason="touches across devices: {value:.2f} (0 is always the same one)",
)
def event_device_entropy(events: EventHistory) -> ir.Value:
    """Entropy of the devices of what the customer did: 0 for one."""
    return entropy(events.device_times)

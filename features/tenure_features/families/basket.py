"""What is in the basket: breadth, favourites, repetition, quantities and discounts."""

from __future__ import annotations

import ibis.expr.types as ir

from tenure_features.families.arithmetic import ratio
from tenure_features.families.feature import feature
from tenure_features.histories import LineHistory, OrderDetails
from tenure_features.table_history import entropy, top_share


@feature(unit="lines", family="basket", table="order_lines", reason="{value:.0f} order lines so far")
def lines_total(lines: LineHistory) -> ir.Value:
    """Order lines so far; pieces that came back are left out, here and below."""
    return lines.count(lines.is_line)


@feature(unit="lines per order", family="basket", table="order_lines", reason="{value:.1f} lines per order")
def lines_per_order(lines: LineHistory) -> ir.Value:
    """Lines per order that has lines."""
    return ratio(lines_total(lines), lines.distinct(lines.order, lines.is_line))


@feature(unit="products", family="basket", table="order_lines", reason="{value:.0f} different products so far")
def products_total(lines: LineHistory) -> ir.Value:
    """Different products bought so far."""
    return lines.distinct(lines.product, lines.is_line)


@feature(unit="ratio", family="basket", table="order_lines", reason="{value:.0%} of lines repeat a product")
def product_repeat_share(lines: LineHistory) -> ir.Value:
    """Share of lines whose product was bought on another line too: 1 - products / lines."""
    return 1.0 - ratio(products_total(lines), lines_total(lines))


@feature(
    unit="products", family="basket", table="order_lines", reason="{value:.0f} different products in the last 90 days"
)
def products_90d(lines: LineHistory) -> ir.Value:
    """Different products bought in the last 90 days."""
    return lines.distinct(lines.product, lines.is_line & lines.within(90))


@feature(
    unit="pieces", family="basket", table="order_lines", columns=("quantity",), reason="{value:.1f} pieces per line"
)
def quantity_mean(lines: LineHistory) -> ir.Value:
    """Mean pieces per line."""
    return lines.mean(lines.quantity, lines.is_line)


@feature(
    unit="money",
    family="basket",
    table="order_lines",
    columns=("unit_price",),
    reason="{value:,.0f} per piece, on average",
)
def unit_price_mean(lines: LineHistory) -> ir.Value:
    """Mean price of one piece."""
    return lines.mean(lines.unit_price, lines.is_line)


@feature(
    unit="money",
    family="basket",
    table="order_lines",
    columns=("unit_price",),
    reason="the dearest piece cost {value:,.0f}",
)
def unit_price_max(lines: LineHistory) -> ir.Value:
    """Highest price of one piece."""
    return lines.unit_price.max()


@feature(
    unit="categories",
    family="basket",
    table="order_lines",
    columns=("category",),
    reason="{value:.0f} different categories so far",
)
def categories_total(lines: LineHistory) -> ir.Value:
    """Different categories bought so far."""
    return lines.distinct(lines.text("category"), lines.is_line)


@feature(
    unit="categories",
    family="basket",
    table="order_lines",
    columns=("category",),
    reason="{value:.0f} different categories in the last 180 days",
)
def categories_180d(lines: LineHistory) -> ir.Value:
    """Different categories bought in the last 180 days."""
    return lines.distinct(lines.text("category"), lines.is_line & lines.within(180))


@feature(
    unit="ratio",
    family="basket",
    table="order_lines",
    columns=("category",),
    reason="{value:.0%} of lines in one category",
)
def category_top_share(lines: LineHistory) -> ir.Value:
    """Share of lines in the favourite category."""
    return top_share(lines.times("category"))


@feature(
    unit="nats",
    family="basket",
    table="order_lines",
    columns=("category",),
    reason="buys across categories: {value:.2f} (0 is always the same one)",
)
def category_entropy(lines: LineHistory) -> ir.Value:
    """Entropy of the categories of lines: 0 for one category."""
    return entropy(lines.times("category"))


@feature(
    unit="brands",
    family="basket",
    table="order_lines",
    columns=("brand",),
    reason="{value:.0f} different brands so far",
)
def brands_total(lines: LineHistory) -> ir.Value:
    """Different brands bought so far."""
    return lines.distinct(lines.text("brand"), lines.is_line)


@feature(
    unit="ratio", family="basket", table="order_lines", columns=("brand",), reason="{value:.0%} of lines of one brand"
)
def brand_top_share(lines: LineHistory) -> ir.Value:
    """Share of lines of the favourite brand."""
    return top_share(lines.times("brand"))


@feature(
    unit="nats",
    family="basket",
    table="order_lines",
    columns=("brand",),
    reason="buys across brands: {value:.2f} (0 is always the same one)",
)
def brand_entropy(lines: LineHistory) -> ir.Value:
    """Entropy of the brands of lines: 0 for one brand."""
    return entropy(lines.times("brand"))


@feature(
    unit="ratio",
    family="basket",
    table="order_details",
    columns=("discount",),
    reason="{value:.0%} taken off the list price so far",
)
def discount_share(orders: OrderDetails) -> ir.Value:
    """Discounts over list price (revenue plus discount) of all orders."""
    discounts = orders.total(orders.discount, orders.is_order)
    return ratio(discounts, discounts + orders.total(orders.money, orders.is_order))


@feature(
    unit="ratio",
    family="basket",
    table="order_details",
    columns=("discount",),
    reason="{value:.0%} of orders with a discount",
)
def discounted_orders_share(orders: OrderDetails) -> ir.Value:
    """Share of orders with a discount."""
    return ratio(orders.count(orders.is_order & (orders.discount > 0)), orders.count(orders.is_order))


@feature(
    unit="ratio",
    family="basket",
    table="order_details",
    columns=("discount",),
    reason="{value:.0%} taken off the last order",
)
def discount_last_share(orders: OrderDetails) -> ir.Value:
    """Discount over list price of the last order."""
    discount = orders.last(orders.discount)
    return ratio(discount, discount + orders.last(orders.money))

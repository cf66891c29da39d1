"""A small shop with every table, and each feature of the tables again, customer by customer, in plain Python."""

from __future__ import annotations

import math
from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd

NAN = math.nan
WHEN = {
    "orders": "ordered_at", "events": "occurred_at", "feedback": "answered_at", "service_costs": "incurred_at",
    "customers": "signed_up_at",
}  # fmt: skip
KINDS = ["visit", "visit", "visit", "cart", "email_sent", "email_sent", "email_open", "email_click", "ticket",
         "complaint", "unsubscribe", "wishlist"]  # fmt: skip

FEEDBACK = ["nps", "ces", "csat", "review"]


def shop_tables(seed: int, *, customers: int = 25, days: int = 450, recorded: bool = False) -> dict[str, pd.DataFrame]:
    """Every table that features are made of: ties, missing values, returns, lines at several times, late rows."""
    random = np.random.default_rng(seed)
    start = pd.Timestamp("2023-01-01")

    def moments(size: int) -> pd.DatetimeIndex:
        seconds = random.integers(0, days * 86400, size)
        whole = random.random(size) < 0.2
        return start + pd.to_timedelta(np.where(whole, seconds // 86400 * 86400, seconds), unit="s")

    def who(size: int) -> list[str]:
        return [f"c{number}" for number in random.integers(customers, size=size)]

    def some(values: list[str], size: int, missing: float = 0.1) -> list[str | None]:
        return [None if random.random() < missing else str(random.choice(values)) for _ in range(size)]

    n = 220
    sign = np.where(random.random(n) < 0.1, -1, 1)
    orders = pd.DataFrame(
        {
            "customer_id": who(n), "ordered_at": moments(n), "revenue": np.round(sign * random.gamma(2, 20, n), 2),
            "order_id": [f"o{number}" for number in range(n)],
            "cost": np.where(random.random(n) < 0.1, np.nan, np.round(random.gamma(2, 10, n), 2)),
            "discount": np.where(random.random(n) < 0.5, 0.0, np.round(random.gamma(1, 5, n), 2)),
            "channel": some(["web", "store", "app"], n), "device": some(["mobile", "desktop"], n),
            "region": some(["north", "south"], n, 0.0),
        }
    )  # fmt: skip
    again = orders.sample(40, random_state=seed)  # second rows of some orders, at the same moment or later
    late = pd.to_timedelta(random.integers(0, 5 * 86400, 40) * (random.random(40) < 0.5), unit="s")
    again = again.assign(ordered_at=again["ordered_at"] + late, channel="late", revenue=again["revenue"].abs() * 0.5)
    orders = pd.concat([orders, again], ignore_index=True)
    lines = orders.loc[orders.index.repeat(random.integers(1, 4, len(orders))), ["order_id"]].reset_index(drop=True)
    m = len(lines)
    lines = lines.assign(
        product_id=some([f"p{number}" for number in range(20)], m, 0.0), category=some(["toys", "food", "home"], m),
        brand=some(["x", "y"], m), quantity=random.choice([1.0, 2.0, 3.0, -1.0, np.nan], m),
        unit_price=np.round(random.gamma(2, 10, m), 2),
    )  # fmt: skip
    e, f, s = 900, 260, 200
    tables = {
        "orders": orders,
        "order_lines": lines,
        "events": pd.DataFrame(
            {
                "customer_id": who(e), "occurred_at": moments(e), "event": random.choice([*KINDS, "Visit"], e),
                "value": random.integers(1, 9, e).astype(float), "channel": some(["email", "direct", "ads"], e),
                "device": some(["mobile", "desktop"], e),
            }
        ),
        "feedback": pd.DataFrame(
            {
                "customer_id": who(f), "answered_at": moments(f), "kind": random.choice(FEEDBACK, f),
                "score": random.integers(1, 6, f).astype(float),
            }
        ),
        "service_costs": pd.DataFrame(
            {
                "customer_id": who(s), "incurred_at": moments(s), "amount": np.round(random.gamma(2, 3, s), 2),
                "kind": some(["support", "Support", "delivery"], s),
            }
        ),
        "customers": pd.DataFrame(
            {
                "customer_id": [f"c{number}" for number in range(customers)], "signed_up_at": moments(customers),
                "region": some(["north", "south", "west"], customers),
                "birth_year": np.where(random.random(customers) < 0.2, np.nan, random.integers(1940, 2005, customers)),
            }
        ),
    }  # fmt: skip
    nps = tables["feedback"]["kind"] == "nps"
    tables["feedback"]["score"] = tables["feedback"]["score"].where(~nps, random.integers(0, 11, f).astype(float))
    tables = {
        name: rows.drop_duplicates().reset_index(drop=True) for name, rows in tables.items() if name != "order_lines"
    }
    tables["order_lines"] = lines
    return {name: _recorded(rows, WHEN.get(name), random) if recorded else rows for name, rows in tables.items()}


def _recorded(rows: pd.DataFrame, when: str | None, random: np.random.Generator) -> pd.DataFrame:
    """A third of the rows is recorded up to 120 days late, some do not say."""
    if when is None:
        return rows
    late = pd.to_timedelta(
        np.where(random.random(len(rows)) < 0.3, random.integers(0, 120 * 86400, len(rows)), 0), unit="s"
    )
    return rows.assign(recorded_at=(rows[when] + late).where(random.random(len(rows)) < 0.9))


def expected_features(tables: dict[str, pd.DataFrame], origin: pd.Timestamp) -> pd.DataFrame:
    """One row per customer with an order before the origin, one column per feature of the tables."""
    known = {name: _known(rows, name, origin) for name, rows in tables.items()}
    orders = _orders(known["orders"])
    rows = {}
    for customer in sorted({order["customer"] for order in orders}):
        mine = [order for order in orders if order["customer"] == customer]
        if not any(order["money"] >= 0 for order in mine):
            continue
        bought = [order for order in mine if order["money"] >= 0]
        own = {
            "last": min(age(order["at"], origin) for order in bought),
            "first": max(age(order["at"], origin) for order in bought),
            "orders": len(bought),
            "revenue": sum(order["money"] for order in mine),
        }

        def of(name: str, customer: str = customer) -> list[dict]:
            return known[name][known[name]["customer_id"] == customer].to_dict("records")

        rows[customer] = {
            **_engagement(of("events"), origin, own),
            **_experience(of("feedback"), of("events"), origin, own),
            **_basket(_lines(known["order_lines"], mine, known["orders"], customer), origin),
            **_orders_own(mine, origin),
            **_service(of("service_costs"), origin, own),
            **_profile(of("customers"), origin, own),
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("customer_id").reset_index()


def age(moment: pd.Timestamp, origin: pd.Timestamp) -> float:
    return (origin - moment).total_seconds() / 86400


def over(numerator: float, denominator: float) -> float:
    return NAN if math.isnan(denominator) or abs(denominator) < 1e-12 else numerator / denominator


def mean(values: list[float]) -> float:
    return sum(values) / len(values) if values else NAN


def spread(values: list[object]) -> dict[str, float]:
    """Share of the most frequent value, entropy and number of values, missing ones left out."""
    counts = Counter(value for value in values if isinstance(value, str))
    total = sum(counts.values())
    shares = [count / total for count in counts.values()]
    return {
        "total": len(counts),
        "top_share": max(shares, default=NAN),
        "entropy": sum(-share * math.log(share) for share in shares) if shares else NAN,
    }


def _known(rows: pd.DataFrame, name: str, origin: pd.Timestamp) -> pd.DataFrame:
    if name not in WHEN:
        return rows
    known = rows[WHEN[name]] < origin
    if "recorded_at" in rows:
        known &= rows["recorded_at"].isna() | (rows["recorded_at"] < origin)
    return rows[known]


def _orders(rows: pd.DataFrame) -> list[dict]:
    found = []
    for (customer, order), lines in rows.groupby(["customer_id", "order_id"]):
        texts = {}
        for text in ("channel", "device", "region"):
            named = [
                (at, value)
                for at, value in zip(lines["ordered_at"], lines[text], strict=True)
                if value == value and value
            ]
            texts[text] = min(named)[1] if named else None
        found.append(
            {
                "customer": customer, "order": order, "at": lines["ordered_at"].min(),
                "money": round(lines["revenue"].sum(), 6), "cost": sum(lines["cost"]),
                "discount": lines["discount"].sum(), **texts,
            }
        )  # fmt: skip
    return found


def _lines(lines: pd.DataFrame, mine: list[dict], rows: pd.DataFrame, customer: str) -> list[dict]:
    at = {order["order"]: order["at"] for order in mine}
    kept = lines[lines["order_id"].isin(at)]
    return [{**line, "at": at[line["order_id"]]} for line in kept.to_dict("records") if not line["quantity"] <= 0]


def _engagement(events: list[dict], origin: pd.Timestamp, own: dict[str, float]) -> dict[str, float]:
    ages = [(event["event"].lower(), age(event["occurred_at"], origin), event) for event in events]

    def count(*kinds: str, days: float = math.inf, before: float = 0) -> int:
        return sum(kind in kinds and before < old <= before + days for kind, old, _ in ages)

    def since(*kinds: str) -> float:
        return min((old for kind, old, _ in ages if kind in kinds), default=NAN)

    own_touches = [(old, event) for kind, old, event in ages if kind != "email_sent"]
    visits = sorted(old for kind, old, _ in ages if kind == "visit")
    first = max(visits, default=NAN)
    gaps = [later - sooner for sooner, later in pairwise(visits)]
    pages = [event["value"] for kind, old, event in ages if kind == "visit" and old <= 90]
    channels, devices = (spread([event[name] for _, event in own_touches]) for name in ("channel", "device"))
    rate, rate_90 = (over(count("email_open", days=d), count("email_sent", days=d)) for d in (math.inf, 90))

    def days_with(days: float) -> int:
        return len({event["occurred_at"].date() for old, event in own_touches if old <= days})

    def pace(days: float) -> float:
        return over(count("visit", days=days), len(visits) * days / max(first, days)) if visits else NAN

    return {
        "touch_recency_days": min((old for old, _ in own_touches), default=NAN),
        **{f"touches_{d}d": sum(old <= d for old, _ in own_touches) for d in (30, 90)},
        **{f"active_days_{d}d": days_with(d) for d in (30, 90)},
        "visit_recency_days": since("visit"),
        "visits_total": len(visits),
        **{f"visits_{d}d": count("visit", days=d) for d in (7, 30, 90)},
        **{f"visits_change_{d}d": count("visit", days=d) - count("visit", days=d, before=d) for d in (30, 90)},
        **{f"visits_pace_{d}d": pace(d) for d in (30, 90)},
        "visit_gap_days": mean(gaps),
        "visit_lateness": over(since("visit"), mean(gaps)),
        "visits_per_order": len(visits) / own["orders"],
        "visits_since_order": sum(old < own["last"] for old in visits),
        "visit_value_mean_90d": mean(pages),
        "cart_recency_days": since("cart"),
        **{f"carts_{d}d": count("cart", days=d) for d in (30, 90)},
        "carts_since_order": sum(kind == "cart" and old < own["last"] for kind, old, _ in ages),
        "carts_per_visit_90d": over(count("cart", days=90), count("visit", days=90)),
        "emails_sent_90d": count("email_sent", days=90),
        "email_opens_90d": count("email_open", days=90),
        "email_open_rate": rate,
        "email_open_rate_90d": rate_90,
        "email_open_rate_change": rate_90 - rate,
        "email_open_recency_days": since("email_open"),
        "email_click_rate": over(count("email_click"), count("email_open")),
        "email_click_rate_90d": over(count("email_click", days=90), count("email_open", days=90)),
        "unsubscribes_total": count("unsubscribe"),
        **{f"event_channel{'s' if key == 'total' else ''}_{key}": value for key, value in channels.items()},
        **{f"event_device{'s' if key == 'total' else ''}_{key}": value for key, value in devices.items()},
    }


def _experience(
    answers: list[dict], events: list[dict], origin: pd.Timestamp, own: dict[str, float]
) -> dict[str, float]:
    by_kind = {
        kind: sorted((a["answered_at"], a["score"]) for a in answers if a["kind"] == kind)
        for kind in ("nps", "ces", "csat", "review")
    }
    last = {kind: said[-1][1] if said else NAN for kind, said in by_kind.items()}
    change = {kind: said[-1][1] - said[-2][1] if len(said) > 1 else NAN for kind, said in by_kind.items()}
    ages = [age(answer["answered_at"], origin) for answer in answers]
    found = {
        **{f"{kind}_last": last[kind] for kind in by_kind},
        **{f"{kind}_mean": mean([score for _, score in by_kind[kind]]) for kind in by_kind},
        "nps_change": change["nps"],
        "csat_change": change["csat"],
        "nps_detractor": NAN if math.isnan(last["nps"]) else float(last["nps"] <= 6),
        "nps_recency_days": min((age(at, origin) for at, _ in by_kind["nps"]), default=NAN),
        "answers_total": len(answers),
        "answers_180d": sum(old <= 180 for old in ages),
        "answer_recency_days": min(ages, default=NAN),
    }
    for kind, plural in (("complaint", "complaints"), ("ticket", "tickets")):
        old = [age(event["occurred_at"], origin) for event in events if event["event"].lower() == kind]
        found |= {
            f"{plural}_total": len(old), f"{plural}_90d": sum(days <= 90 for days in old),
            f"{kind}_rate": len(old) / own["orders"], f"{kind}_recency_days": min(old, default=NAN),
        }  # fmt: skip
        if kind == "complaint":
            found["complaints_since_order"] = sum(days < own["last"] for days in old)
    return found


def _basket(lines: list[dict], origin: pd.Timestamp) -> dict[str, float]:
    categories, brands = (spread([line[name] for line in lines]) for name in ("category", "brand"))
    products = {line["product_id"] for line in lines}
    recent = [line for line in lines if age(line["at"], origin) <= 180]
    return {
        "lines_total": len(lines),
        "lines_per_order": over(len(lines), len({line["order_id"] for line in lines})),
        "products_total": len(products),
        "product_repeat_share": 1 - over(len(products), len(lines)),
        "products_90d": len({line["product_id"] for line in lines if age(line["at"], origin) <= 90}),
        "quantity_mean": mean([line["quantity"] for line in lines if line["quantity"] == line["quantity"]]),
        "unit_price_mean": mean([line["unit_price"] for line in lines]),
        "unit_price_max": max((line["unit_price"] for line in lines), default=NAN),
        "categories_total": categories["total"],
        "categories_180d": spread([line["category"] for line in recent])["total"],
        "category_top_share": categories["top_share"],
        "category_entropy": categories["entropy"],
        "brands_total": brands["total"],
        "brand_top_share": brands["top_share"],
        "brand_entropy": brands["entropy"],
    }


def _orders_own(mine: list[dict], origin: pd.Timestamp) -> dict[str, float]:
    bought = sorted((o for o in mine if o["money"] >= 0), key=lambda o: (o["at"], o["order"]))
    costed = [order for order in mine if not math.isnan(order["cost"])]
    margin = sum(order["money"] - order["cost"] for order in costed)
    with_cost = [order for order in costed if order["money"] >= 0]
    given = sum(order["discount"] for order in bought)
    last = bought[-1]
    texts = {name: spread([order[name] for order in bought]) for name in ("channel", "device", "region")}
    return {
        "discount_share": over(given, given + sum(order["money"] for order in bought)),
        "discounted_orders_share": sum(order["discount"] > 0 for order in bought) / len(bought),
        "discount_last_share": over(last["discount"], last["discount"] + last["money"]),
        "margin_total": margin,
        "margin_180d": sum(o["money"] - o["cost"] for o in costed if age(o["at"], origin) <= 180),
        "margin_share": over(margin, sum(order["money"] for order in with_cost)),
        "margin_per_order": over(margin, len(with_cost)),
        **{f"order_{name}s_total": texts[name]["total"] for name in texts},
        **{f"order_{name}_top_share": texts[name]["top_share"] for name in texts},
        **{f"order_{name}_entropy": texts[name]["entropy"] for name in ("channel", "device")},
    }


def _service(costs: list[dict], origin: pd.Timestamp, own: dict[str, float]) -> dict[str, float]:
    total = sum(cost["amount"] for cost in costs)
    ages = [age(cost["incurred_at"], origin) for cost in costs]
    support = sum(cost["amount"] for cost in costs if str(cost["kind"]).lower() == "support")
    return {
        "service_cost_total": total,
        "service_cost_90d": sum(cost["amount"] for cost, old in zip(costs, ages, strict=True) if old <= 90),
        "service_cost_per_order": total / own["orders"],
        "service_cost_share": over(total, own["revenue"]),
        "service_cost_recency_days": min(ages, default=NAN),
        "support_cost_share": over(support, total),
    }


def _profile(rows: list[dict], origin: pd.Timestamp, own: dict[str, float]) -> dict[str, float]:
    if not rows:
        return {"signup_days": NAN, "signup_to_order_days": NAN, "age_years": NAN}
    days = age(rows[0]["signed_up_at"], origin)
    return {
        "signup_days": days,
        "signup_to_order_days": days - own["first"],
        "age_years": origin.year - rows[0]["birth_year"],
    }

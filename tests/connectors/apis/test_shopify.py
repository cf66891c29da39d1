"""Shopify's Admin GraphQL API: pages, throttling, tokens of a day, refunds, changes, deletions, drift."""

from __future__ import annotations

import datetime as dt

import pytest

from tenure_connectors.apis.shopify import SHOPIFY_API
from tenure_features.errors import DataContractError, DependencyUnavailableError, UsageError
from tests.connectors.api_server import api_server

SHOP = {"shop": "mugs"}
SECRET = "-".join(("cl1ent", "s3cret"))


def day(number, hour=0):
    return dt.datetime(2026, 1, number, hour, tzinfo=dt.UTC)


def money(amount):
    return {"shopMoney": {"amount": str(amount), "currencyCode": "EUR"}}


def order(number, total, *, on, changed=None, lines=(), **more):
    return {
        "id": f"gid://shopify/Order/{number}", "name": f"#{number}", "createdAt": f"2026-01-{on:02d}T08:00:00Z",
        "updatedAt": changed or f"2026-01-{on:02d}T08:00:00Z", "cancelledAt": None, "test": False,
        "displayFinancialStatus": "PAID", "sourceName": "web", "currencyCode": "EUR", "email": f"c{number % 2}@x.org",
        "phone": None, "customer": {"id": f"gid://shopify/Customer/{number % 2}"},
        "shippingAddress": {"countryCodeV2": "DE"}, "totalPriceSet": money(total), "totalTaxSet": money(0),
        "totalShippingPriceSet": money(0), "totalTipReceived": {"amount": "0.0"}, "totalDiscountsSet": money(0),
        "refunds": [], "lineItems": {"nodes": list(lines), "pageInfo": {"hasNextPage": False, "endCursor": None}},
    } | more  # fmt: skip


def line(name, quantity=1, price=10):
    return {"id": f"gid://shopify/LineItem/{name}", "sku": name, "title": name, "vendor": "V", "quantity": quantity,
            "discountedUnitPriceSet": money(price), "originalUnitPriceSet": money(price)}  # fmt: skip


def page(nodes, *, more=None):
    return {"nodes": nodes, "pageInfo": {"hasNextPage": more is not None, "endCursor": more}}


class Shop:
    """Orders as the API gives them: two a page, the oldest change first, those changed since a moment."""

    def __init__(self, *orders):
        self.orders, self.deleted, self.busy, self.token = list(orders), [], 0, "s3cret-s3cret"

    def __call__(self, asked):
        if asked.path == "/admin/oauth/access_token":
            assert asked.form["grant_type"] == "client_credentials"
            assert asked.form["client_secret"] == SECRET
            self.token = f"shpat_{len(self.token)}"
            return 200, {"access_token": self.token, "expires_in": 86399}
        if asked.headers.get("X-Shopify-Access-Token") != self.token:
            return 401, {"errors": "[API] Invalid API key or access token"}
        if self.busy:
            self.busy -= 1
            return 200, {"errors": [{"message": "Throttled", "extensions": {"code": "THROTTLED"}}]}
        query, variables = asked.body["query"], asked.body["variables"]
        if "events(" in query:
            nodes = [{"createdAt": "2026-01-20T00:00:00Z", "action": "destroy", "subjectId": one,
                      "subjectType": "ORDER"} for one in self.deleted]  # fmt: skip
            return 200, {"data": {"events": page(nodes)}}
        if "order(id" in query:
            more = {"lineItems": page([line("C")])}
            return 200, {"data": {"order": more}}
        assert "sortKey: UPDATED_AT" in query
        since = (variables["changed"] or "updated_at:>='0'").split("'")[1]
        fitting = sorted((one for one in self.orders if one["updatedAt"] >= since), key=lambda one: one["updatedAt"])
        start = int(variables["after"] or 0)
        more = str(start + 2) if start + 2 < len(fitting) else None
        return 200, {"data": {"orders": page(fitting[start : start + 2], more=more)}}


ORDERS = "SELECT order_id, revenue, recorded_at, batch FROM tenure.orders ORDER BY order_id, batch, revenue"


def test_shopify__lands_every_page_as_tables_of_the_contract(pull, rows):
    shop = Shop(order(1, 100, on=2, lines=[line("A", 2), line("B")]), order(2, 50, on=3), order(3, 70, on=4))
    with api_server(shop) as server:
        pulled = pull(SHOPIFY_API, server.url, at=day(10), settings=SHOP)
    assert (pulled.records, pulled.changes, dict(pulled.rows)) == (
        3, 3, {"orders": 3, "order_lines": 2, "identifiers": 2},
    )  # fmt: skip
    assert rows("SELECT COLUMNS('customer_id|order_id|ordered_at|revenue|currency') FROM tenure.orders ORDER BY 2") == [
        ("shopify:gid://shopify/Customer/1", dt.datetime(2026, 1, 2, 8), 100.0, "shopify:#1", "EUR"),
        ("shopify:gid://shopify/Customer/0", dt.datetime(2026, 1, 3, 8), 50.0, "shopify:#2", "EUR"),
        ("shopify:gid://shopify/Customer/1", dt.datetime(2026, 1, 4, 8), 70.0, "shopify:#3", "EUR"),
    ]
    assert rows("SELECT order_id, product_id, quantity FROM tenure.order_lines ORDER BY 2") == [
        ("shopify:#1", "A", 2.0), ("shopify:#1", "B", 1.0),
    ]  # fmt: skip
    assert rows("SELECT source_id, kind, value FROM tenure.identifiers ORDER BY 1")[0] == (
        "shopify:gid://shopify/Customer/0", "email", "c0@x.org",
    )  # fmt: skip
    assert rows("SELECT DISTINCT recorded_at FROM tenure.orders") == [(None,)]


def test_shopify__pulled_again_changes_nothing(pull, rows):
    shop = Shop(order(1, 100, on=2, lines=[line("A")]), order(2, 50, on=3))
    with api_server(shop) as server:
        pull(SHOPIFY_API, server.url, at=day(10), settings=SHOP)
        before = [rows(f"FROM tenure.{name} ORDER BY ALL") for name in ("orders", "order_lines", "identifiers")]
        again = pull(SHOPIFY_API, server.url, at=day(11), settings=SHOP)
    assert (again.changes, dict(again.rows)) == (0, {})
    assert [rows(f"FROM tenure.{name} ORDER BY ALL") for name in ("orders", "order_lines", "identifiers")] == before


def test_shopify__dates_what_changes_and_takes_back_what_goes(pull, rows):
    shop = Shop(order(1, 100, on=2, lines=[line("A", 2)]), order(2, 50, on=3), order(3, 70, on=4))
    with api_server(shop) as server:
        pull(SHOPIFY_API, server.url, at=day(10), settings=SHOP)
        refund = {"createdAt": "2026-01-12T00:00:00Z", "totalRefundedSet": money(40)}
        shop.orders[0] = order(1, 100, on=2, changed="2026-01-12T09:00:00Z", lines=[line("A", 1)], refunds=[refund])
        shop.orders[1] = order(2, 50, on=3, changed="2026-01-13T00:00:00Z", cancelledAt="2026-01-13T00:00:00Z")
        del shop.orders[2]
        shop.deleted.append("gid://shopify/Order/3")
        late = order(4, 30, on=5, changed="2026-01-15T00:00:00Z")  # happened before the first pull, and was not there
        shop.orders += [late, order(5, 20, on=16)]
        pull(SHOPIFY_API, server.url, at=day(21), settings=SHOP)
    naive = dt.datetime
    assert rows(ORDERS) == [
        ("shopify:#1", 100.0, None, 1), ("shopify:#1", -40.0, naive(2026, 1, 12, 9), 2),
        ("shopify:#2", 50.0, None, 1), ("shopify:#2", -50.0, naive(2026, 1, 13), 2),
        ("shopify:#3", 70.0, None, 1), ("shopify:#3", -70.0, naive(2026, 1, 20), 2),
        ("shopify:#4", 30.0, naive(2026, 1, 15), 2), ("shopify:#5", 20.0, None, 2),
    ]  # fmt: skip
    assert rows("SELECT quantity, recorded_at FROM tenure.order_lines ORDER BY batch, 1") == [
        (2.0, None), (-2.0, naive(2026, 1, 12, 9)), (1.0, naive(2026, 1, 12, 9)),
    ]  # fmt: skip


def test_shopify__fetches_the_lines_beyond_the_first_page(pull, rows):
    long = order(1, 30, on=2, lineItems=page([line("A"), line("B")], more="cursor"))
    with api_server(Shop(long)) as server:
        pull(SHOPIFY_API, server.url, at=day(10), settings=SHOP)
    assert rows("SELECT product_id FROM tenure.order_lines ORDER BY 1") == [("A",), ("B",), ("C",)]


def test_shopify__waits_while_it_is_throttled_and_signs_in_again(pull, rows):
    shop = Shop(order(1, 100, on=2), order(2, 50, on=3), order(3, 70, on=4))
    shop.busy = 3

    def expiring(asked):
        answer = shop(asked)
        if asked.path.endswith("graphql.json") and answer[0] == 200 and "data" in answer[1]:
            shop.token += "x"  # the token of a day ends after every page
        return answer

    with api_server(expiring) as server:
        secrets = {"shopify_client_id": "cl1ent-id", "shopify_client_secret": SECRET}
        pulled = pull(SHOPIFY_API, server.url, at=day(10), settings=SHOP, secrets=secrets)
    assert pulled.records == 3
    assert sum(asked.path.endswith("access_token") for asked in server.asked) == 2


def test_shopify__goes_on_where_a_pull_broke_off(pull, rows):
    shop = Shop(*(order(number, 10 * number, on=number) for number in range(1, 8)))

    def breaking(asked):
        return (503, "down") if asked.body["variables"].get("after") == "4" else shop(asked)

    with api_server(breaking) as server, pytest.raises(DependencyUnavailableError, match="503"):
        pull(SHOPIFY_API, server.url, at=day(10), settings=SHOP)
    with pytest.raises(Exception, match="orders"):
        rows("FROM tenure.orders")  # pages are kept, tables of the contract come whole
    with api_server(shop) as server:
        pulled = pull(SHOPIFY_API, server.url, at=day(11), settings=SHOP)
    assert server.asked[0].body["variables"]["changed"] == "updated_at:>='2026-01-04T07:50:00Z'"
    assert (pulled.batch, pulled.records, pulled.rows["orders"]) == (1, 4, 7)
    assert rows("SELECT sum(revenue), count(recorded_at) FROM tenure.orders") == [(280.0, 0)]


def test_shopify__names_a_field_that_is_gone_and_keeps_nothing_of_it(pull, rows):
    broken = order(1, 100, on=2)
    del broken["totalPriceSet"]
    with api_server(Shop(broken)) as server, pytest.raises(DataContractError, match=r"gives totalPriceSet\.shop"):
        pull(SHOPIFY_API, server.url, at=day(10), settings=SHOP)
    assert rows("SELECT count(*) FROM pulled.records") == [(0,)]


def test_shopify__says_which_fields_are_new(pull):
    shop = Shop(order(1, 100, on=2))
    with api_server(shop) as server:
        pull(SHOPIFY_API, server.url, at=day(10), settings=SHOP)
        shop.orders.append(order(2, 50, on=12, customer=None, dutiesIncluded=True))
        pulled = pull(SHOPIFY_API, server.url, at=day(21), settings=SHOP)
    assert pulled.drift == ("Fields that were not there before: dutiesIncluded.",)


def test_shopify__tells_no_secret(pull):
    def refusing(asked):
        return 403, {"error": f"the token {asked.headers['X-Shopify-Access-Token']} may not read orders"}

    with api_server(refusing) as server, pytest.raises(UsageError) as refusal:
        pull(SHOPIFY_API, server.url, at=day(10), settings=SHOP)
    assert "the token *** may not read orders" in str(refusal.value)


def test_shopify__takes_no_secret_to_an_unencrypted_address(pull):
    with pytest.raises(UsageError, match="https"):
        pull(SHOPIFY_API, "http://shop.example.org", at=day(10), settings=SHOP)

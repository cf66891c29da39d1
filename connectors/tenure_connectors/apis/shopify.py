"""Shopify: orders with their refunds and products from the Admin GraphQL API, by pages of changes.

Written after shopify.dev: docs/api/usage/pagination-graphql (at most 250 a page, ``pageInfo``),
docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant (tokens of a day), and what the
reference of the Admin API says of orders, refunds and events. Its page of rate limits could not be read: that a busy
API answers 200 with the error THROTTLED is what answers printed by its users show.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from tenure_connectors.apis.session import ApiSession
from tenure_connectors.apis.source import ApiSource, Connection, Document, Pages, Record, utc
from tenure_connectors.presets.shopify_bulk import SHOPIFY_BULK
from tenure_features.errors import DataContractError, UsageError

if TYPE_CHECKING:
    from requests import Response

_VERSION = "2026-10"
_ORDERS_A_PAGE, _LINES_A_PAGE = 50, 50
_MONEY = "{ shopMoney { amount currencyCode } }"
_LINE = (
    "nodes { id sku title vendor quantity "
    f"discountedUnitPriceSet {_MONEY} originalUnitPriceSet {_MONEY} }} pageInfo {{ hasNextPage endCursor }}"
)
_ORDER = f"""
id name createdAt updatedAt cancelledAt test displayFinancialStatus sourceName currencyCode email phone
customer {{ id }} shippingAddress {{ countryCodeV2 }}
totalPriceSet {_MONEY} totalTaxSet {_MONEY} totalShippingPriceSet {_MONEY} totalTipReceived {{ amount }}
totalDiscountsSet {_MONEY} refunds {{ createdAt totalRefundedSet {_MONEY} }}
lineItems(first: {_LINES_A_PAGE}) {{ {_LINE} }}
"""
_PAGE = f"""query Orders($after: String, $changed: String) {{
  orders(first: {_ORDERS_A_PAGE}, after: $after, query: $changed, sortKey: UPDATED_AT) {{
    nodes {{ {_ORDER} }} pageInfo {{ hasNextPage endCursor }}
  }} }}"""
_MORE_LINES = f"""query Lines($id: ID!, $after: String) {{
  order(id: $id) {{ lineItems(first: {_LINES_A_PAGE}, after: $after) {{ {_LINE} }} }} }}"""
_DELETED = """query Deleted($after: String, $since: String) {
  events(first: 100, after: $after, query: $since, sortKey: CREATED_AT) {
    nodes { createdAt action ... on BasicEvent { subjectId subjectType } } pageInfo { hasNextPage endCursor }
  } }"""


def _sign_on(connection: Connection) -> ApiSession:
    shop = connection.settings["shop"].removesuffix(".myshopify.com")
    if not shop.replace("-", "").isalnum():
        raise UsageError("The shop is named by the part before .myshopify.com.", found=shop)

    def sign_in(session: ApiSession) -> Mapping[str, str]:
        token = connection.secrets.get("shopify_token")
        if token is None:
            form = {
                "grant_type": "client_credentials",
                "client_id": connection.secrets["shopify_client_id"],
                "client_secret": connection.secrets["shopify_client_secret"],
            }
            token = session.exchange("/admin/oauth/access_token", form)
        return {"X-Shopify-Access-Token": token}

    return ApiSession(
        connection.base_url or f"https://{shop}.myshopify.com",
        sign_in=sign_in,
        secrets=connection.secrets.values(),
        busy=_is_throttled,
        pause_s=connection.pause_s,
    )


def _is_throttled(answer: Response) -> bool:
    return answer.status_code == 200 and b"THROTTLED" in answer.content[:2000]


def _ask(session: ApiSession, query: str, **variables: str | None) -> Any:  # noqa: ANN401
    answer = session.post(f"/admin/api/{_VERSION}/graphql.json", {"query": query, "variables": variables})
    if answer.get("errors") or "data" not in answer:
        errors = answer.get("errors") or [{"message": "no data"}]
        reason = errors if isinstance(errors, str) else "; ".join(str(error.get("message")) for error in errors[:3])
        raise DataContractError(
            "Shopify does not answer the query.", found=reason, fix="Check the scopes of the token."
        )
    return answer["data"]


def _read(session: ApiSession, connection: Connection, since: dt.datetime | None) -> Pages:  # noqa: ARG001
    changed = None if since is None else f"updated_at:>='{since:%Y-%m-%dT%H:%M:%SZ}'"
    after: str | None = None
    while True:
        page = _ask(session, _PAGE, after=after, changed=changed)["orders"]
        yield [
            Record(
                key=str(order["id"]), document=_with_all_lines(session, order), changed_at=utc(order.get("updatedAt"))
            )
            for order in page["nodes"]
        ]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]
    if since is not None:  # before the first pull nothing is known of an order that is gone
        yield from _read_deletions(session, since)


def _with_all_lines(session: ApiSession, order: dict[str, Any]) -> Document:
    """Fetch the lines of an order beyond its first page."""
    lines = order.get("lineItems") or {"nodes": [], "pageInfo": {"hasNextPage": False}}
    nodes, info = list(lines["nodes"]), lines["pageInfo"]
    while info["hasNextPage"]:
        more = _ask(session, _MORE_LINES, id=order["id"], after=info["endCursor"])["order"]["lineItems"]
        nodes, info = [*nodes, *more["nodes"]], more["pageInfo"]
    return {**order, "lineItems": nodes}


def _read_deletions(session: ApiSession, since: dt.datetime) -> Pages:
    query = f"action:destroy AND subject_type:ORDER AND created_at:>='{since:%Y-%m-%dT%H:%M:%SZ}'"
    after: str | None = None
    while True:
        page = _ask(session, _DELETED, after=after, since=query)["events"]
        yield [
            Record(key=str(event["subjectId"]), document=None, changed_at=utc(event.get("createdAt")))
            for event in page["nodes"]
            if event.get("action") == "destroy" and event.get("subjectId") and event.get("subjectType") == "ORDER"
        ]
        if not page["pageInfo"]["hasNextPage"]:
            return
        after = page["pageInfo"]["endCursor"]


def _expand(order: Document) -> Iterator[Document]:
    """Give the order and its lines, as a bulk operation would list them."""
    yield {name: value for name, value in order.items() if name != "lineItems"}
    for line in order.get("lineItems") or ():
        yield {**line, "__parentId": order["id"]}


SHOPIFY_API = ApiSource(
    name="shopify",
    title="Shopify (Admin GraphQL API)",
    preset=SHOPIFY_BULK,
    customer=("customer", "email", "phone"),
    order="name",
    settings={"shop": "the part before .myshopify.com"},
    secrets=(("shopify_token",), ("shopify_client_id", "shopify_client_secret")),
    sign_on=_sign_on,
    read=_read,
    expand=_expand,
    documentation=(
        "shopify.dev/docs/api/admin-graphql/latest/queries/orders",
        "shopify.dev/docs/api/usage/pagination-graphql",
        "shopify.dev/docs/api/usage/rate-limits",
        "shopify.dev/docs/apps/build/authentication-authorization/access-tokens/client-credentials-grant",
    ),
    notes=(
        "Without the scope read_all_orders only the last 60 days of orders are given, and nothing says so.",
        "Scopes: read_orders, read_customers, and read_all_orders for the history.",
    ),
)

"""APIs of shops, CRMs and analytics, read page by page."""

from tenure_connectors.apis.shopify import SHOPIFY_API
from tenure_connectors.apis.source import ApiSource

API_SOURCES: tuple[ApiSource, ...] = (SHOPIFY_API,)
"""Every system that can be pulled from."""

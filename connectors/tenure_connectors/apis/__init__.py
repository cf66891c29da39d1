"""APIs of shops, CRMs and analytics, read page by page."""

from tenure_connectors.apis.amocrm import AMOCRM_API
from tenure_connectors.apis.bitrix24 import BITRIX24_API
from tenure_connectors.apis.ga4 import GA4_API
from tenure_connectors.apis.hubspot import HUBSPOT_API
from tenure_connectors.apis.klaviyo import KLAVIYO_API
from tenure_connectors.apis.metrica_logs import METRICA_API
from tenure_connectors.apis.salesforce import SALESFORCE_API
from tenure_connectors.apis.shopify import SHOPIFY_API
from tenure_connectors.apis.source import ApiSource

API_SOURCES: tuple[ApiSource, ...] = (
    SHOPIFY_API, BITRIX24_API, AMOCRM_API, SALESFORCE_API, HUBSPOT_API, GA4_API, METRICA_API, KLAVIYO_API,
)  # fmt: skip
"""Every system that can be pulled from."""

"""Presets: one value per export of a system, recognised by its header. A new one is a value here, and nothing else."""

from tenure_connectors.presets.advertising import GOOGLE_ADS, META_ADS, VK_ADS, YANDEX_DIRECT
from tenure_connectors.presets.amocrm import AMOCRM
from tenure_connectors.presets.analytics import GA4, METRICA_LOGS, YANDEX_METRICA
from tenure_connectors.presets.bitrix24 import BITRIX24
from tenure_connectors.presets.crm import HUBSPOT, SALESFORCE
from tenure_connectors.presets.mail import KLAVIYO, MAILCHIMP, UNISENDER
from tenure_connectors.presets.marketplaces import AMAZON, AMAZON_ALL, OZON, WILDBERRIES, YANDEX_MARKET
from tenure_connectors.presets.shopify import SHOPIFY
from tenure_connectors.presets.shopify_bulk import SHOPIFY_BULK
from tenure_connectors.presets.shops import MAGENTO, ONE_C, SQUARE
from tenure_connectors.presets.stripe import STRIPE
from tenure_connectors.presets.woocommerce import WOOCOMMERCE, WOOCOMMERCE_ANALYTICS

EXPORTS = (
    SHOPIFY, SHOPIFY_BULK, WOOCOMMERCE, WOOCOMMERCE_ANALYTICS, STRIPE, BITRIX24, AMOCRM, MAGENTO, SQUARE,
    AMAZON, AMAZON_ALL, OZON, WILDBERRIES, YANDEX_MARKET, ONE_C, SALESFORCE, HUBSPOT, GA4, YANDEX_METRICA,
    METRICA_LOGS, KLAVIYO, MAILCHIMP, UNISENDER, GOOGLE_ADS, META_ADS, YANDEX_DIRECT, VK_ADS,
)  # fmt: skip
"""Every export that is recognised."""

__all__ = ["EXPORTS"]

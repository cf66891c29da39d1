"""The files each platform takes: their columns, how each value is written and hashed, the smallest list."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from tenure_connectors.audiences.columns import (
    ADDRESS_LOWERED,
    ADDRESS_OF_GOOGLE,
    AS_TYPED,
    COMPACT,
    ID_OF_SALESFORCE,
    LETTERS,
    LOWERED,
    OWN_NUMBER,
    PHONE_DIGITS,
    PHONE_WITH_PLUS,
    UPPERED,
    ListColumn,
    Writing,
)
from tenure_features.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Platform:
    """A system that takes lists of people.

    Attributes
    ----------
    name, title
        What it is called on the command line, and by people.
    columns
        Header to what stands under it.
    identifying
        Headers of which a row needs one.
    smallest
        Rows under which the platform does not use a list.
    own
        Whether it is a system of the shop's own, where contacts are not hashed.
    documentation
        Where the platform describes the file.
    """

    name: str
    title: str
    columns: Mapping[str, ListColumn]
    identifying: tuple[str, ...]
    smallest: int = 1
    own: bool = False
    documentation: str

    def rows(self, contacts: pd.DataFrame, *, region: str | None) -> pd.DataFrame:
        """Write contacts as the platform wants them; those it could not find are left out.

        Parameters
        ----------
        contacts
            Columns ``customer_id, email, phone, first_name, last_name, country, postal_code, value, label``.
        region
            Region of phones without a country code.
        """
        table = pd.DataFrame(
            {name: column.build(contacts, region).astype("str") for name, column in self.columns.items()}
        )
        table = table.dropna(how="all", axis=0, subset=list(self.identifying)).fillna("")
        return table.drop_duplicates(subset=list(self.identifying)).reset_index(drop=True)


def _of(holds: str, writing: Writing = AS_TYPED, algorithm: str | None = None) -> ListColumn:
    return ListColumn(holds=holds, writing=writing, algorithm=algorithm)


PLATFORMS = (
    Platform(
        name="google",
        title="Google Customer Match and Data Manager",
        columns={
            "Email": _of("email", ADDRESS_OF_GOOGLE, "sha256"),
            "Phone": _of("phone", PHONE_WITH_PLUS, "sha256"),
            "First Name": _of("first_name", LOWERED, "sha256"),
            "Last Name": _of("last_name", LOWERED, "sha256"),
            "Country": _of("country", UPPERED),
            "Zip": _of("postal_code"),
        },
        identifying=("Email", "Phone"),
        smallest=100,
        documentation="support.google.com/google-ads/answer/7659867",
    ),
    Platform(
        name="meta",
        title="Meta custom audience",
        columns={
            "email": _of("email", ADDRESS_LOWERED, "sha256"),
            "phone": _of("phone", PHONE_DIGITS, "sha256"),
            "fn": _of("first_name", LETTERS, "sha256"),
            "ln": _of("last_name", LETTERS, "sha256"),
            "country": _of("country", LOWERED, "sha256"),
            "zip": _of("postal_code", COMPACT, "sha256"),
            "extern_id": _of("customer_id"),
            "value": _of("value"),
        },
        identifying=("email", "phone"),
        smallest=100,
        documentation="developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences",
    ),
    Platform(
        name="yandex_audience",
        title="Yandex Audience",
        columns={
            "phone": _of("phone", PHONE_DIGITS, "sha256"),
            "email": _of("email", ADDRESS_LOWERED, "sha256"),
            "external_id": _of("customer_id"),
        },
        identifying=("phone", "email"),
        smallest=100,
        documentation="yandex.com/dev/audience/doc/intro/data-requirements.html",
    ),
    Platform(
        name="yandex_metrica",
        title="Yandex.Metrica contacts",
        columns={
            "uniq_id": _of("customer_id"),
            "phones_md5": _of("phone", PHONE_DIGITS, "md5"),
            "emails_md5": _of("email", ADDRESS_LOWERED, "md5"),
        },
        identifying=("phones_md5", "emails_md5"),
        documentation="yandex.com/dev/metrika/en/data-import/hashing",
    ),
    Platform(
        name="tiktok",
        title="TikTok customer file",
        columns={
            "Email_SHA256": _of("email", ADDRESS_LOWERED, "sha256"),
            "Phone_SHA256": _of("phone", PHONE_WITH_PLUS, "sha256"),
        },
        identifying=("Email_SHA256", "Phone_SHA256"),
        smallest=1000,
        documentation="ads.tiktok.com/help/article/list-of-supported-ids-and-formats-for-a-customer-file",
    ),
    Platform(
        name="vk_emails",
        title="VK and myTarget list of e-mails",
        columns={
            "id": _of("email", ADDRESS_LOWERED, "md5"),
        },
        identifying=("id",),
        smallest=2000,
        documentation="target.my.com/help/advertisers/sourceuserlists/en",
    ),
    Platform(
        name="vk_phones",
        title="VK and myTarget list of phones",
        columns={
            "id": _of("phone", PHONE_DIGITS, "md5"),
        },
        identifying=("id",),
        smallest=2000,
        documentation="target.my.com/help/advertisers/sourceuserlists/en",
    ),
    Platform(
        name="klaviyo",
        title="Klaviyo list",
        columns={
            "Email": _of("email", ADDRESS_LOWERED),
            "Phone Number": _of("phone", PHONE_WITH_PLUS),
            "First Name": _of("first_name"),
            "tenure_list": _of("label"),
        },
        identifying=("Email", "Phone Number"),
        own=True,
        documentation="help.klaviyo.com/hc/en-us/articles/115005078967",
    ),
    Platform(
        name="hubspot",
        title="HubSpot contacts with a property",
        columns={
            "email": _of("email", ADDRESS_LOWERED),
            "tenure_list": _of("label"),
        },
        identifying=("email",),
        own=True,
        documentation="developers.hubspot.com/docs/api-reference/legacy/crm/objects/contacts/batch/update-contacts",
    ),
    Platform(
        name="bitrix24",
        title="Bitrix24 contacts with a field",
        columns={
            "id": _of("customer_id", OWN_NUMBER),
            "tenure_list": _of("label"),
        },
        identifying=("id",),
        own=True,
        documentation="apidocs.bitrix24.com/api-reference/crm/contacts/crm-contact-update.html",
    ),
    Platform(
        name="amocrm",
        title="amoCRM contacts with a field",
        columns={
            "id": _of("customer_id", OWN_NUMBER),
            "tenure_list": _of("label"),
        },
        identifying=("id",),
        own=True,
        documentation="www.amocrm.ru/developers/content/crm_platform/contacts-api",
    ),
    Platform(
        name="salesforce",
        title="Salesforce accounts with a field",
        columns={
            "Id": _of("customer_id", ID_OF_SALESFORCE),
            "tenure_list": _of("label"),
        },
        identifying=("Id",),
        own=True,
        documentation="developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/"
        "resources_composite_sobjects_collections_update.htm",
    ),
    Platform(
        name="mailchimp",
        title="Mailchimp contacts with a tag",
        columns={
            "Email Address": _of("email", ADDRESS_LOWERED),
            "First Name": _of("first_name"),
            "Tags": _of("label"),
        },
        identifying=("Email Address",),
        own=True,
        documentation="mailchimp.com/help/import-contacts-mailchimp",
    ),
    Platform(
        name="unisender",
        title="UniSender contacts with a tag",
        columns={
            "email": _of("email", ADDRESS_LOWERED),
            "phone": _of("phone", PHONE_DIGITS),
            "Name": _of("first_name"),
            "tags": _of("label"),
        },
        identifying=("email", "phone"),
        own=True,
        documentation="www.unisender.com/ru/support/contacts/import",
    ),
)  # fmt: skip
"""Every platform a file can be written for."""


def platform_named(name: str) -> Platform:
    """Give a platform by its name; `UsageError` where there is none."""
    for platform in PLATFORMS:
        if platform.name == name:
            return platform
    listed = ", ".join(platform.name for platform in PLATFORMS)
    raise UsageError(f"There is no platform {name!r}.", found=listed, fix="Name one of those.")

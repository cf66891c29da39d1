"""The files each platform takes: their columns, how each value is written and hashed, the smallest list."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from tenure_connectors.audiences.contacts import hash_texts, tidy_emails, tidy_phones
from tenure_features.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Platform:
    """A system that takes lists of people.

    Attributes
    ----------
    name, title
        What it is called on the command line, and by people.
    columns
        Header to builder: from contacts and the region of phones without a country code to a column.
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
    columns: Mapping[str, Callable[[pd.DataFrame, str | None], pd.Series[str]]]
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
        table = pd.DataFrame({name: build(contacts, region).astype("str") for name, build in self.columns.items()})
        table = table.dropna(how="all", axis=0, subset=list(self.identifying)).fillna("")
        return table.drop_duplicates(subset=list(self.identifying)).reset_index(drop=True)


def _email(contacts: pd.DataFrame, region: str | None) -> pd.Series[str]:  # noqa: ARG001  # builders are called alike
    return tidy_emails(contacts["email"])


def _email_sha256(contacts: pd.DataFrame, region: str | None) -> pd.Series[str]:
    return hash_texts(_email(contacts, region))


def _email_md5(contacts: pd.DataFrame, region: str | None) -> pd.Series[str]:
    return hash_texts(_email(contacts, region), algorithm="md5")


def _email_google(contacts: pd.DataFrame, region: str | None) -> pd.Series[str]:  # noqa: ARG001
    return hash_texts(tidy_emails(contacts["email"], without_tags=True))


def _phone(contacts: pd.DataFrame, region: str | None) -> pd.Series[str]:
    return tidy_phones(contacts["phone"], region=region, plus=True)


def _phone_sha256(contacts: pd.DataFrame, region: str | None) -> pd.Series[str]:
    return hash_texts(_phone(contacts, region))


def _digits_sha256(contacts: pd.DataFrame, region: str | None) -> pd.Series[str]:
    return hash_texts(tidy_phones(contacts["phone"], region=region, plus=False))


def _digits_md5(contacts: pd.DataFrame, region: str | None) -> pd.Series[str]:
    return hash_texts(tidy_phones(contacts["phone"], region=region, plus=False), algorithm="md5")


def _digits(contacts: pd.DataFrame, region: str | None) -> pd.Series[str]:
    return tidy_phones(contacts["phone"], region=region, plus=False)


def _plain(column: str, *, upper: bool = False) -> Callable[[pd.DataFrame, str | None], pd.Series[str]]:
    def build(contacts: pd.DataFrame, region: str | None) -> pd.Series[str]:  # noqa: ARG001
        text = contacts[column].astype("str").str.strip()
        return text.str.upper() if upper else text

    return build


def _hash_column(column: str, *, blanks: bool = True) -> Callable[[pd.DataFrame, str | None], pd.Series[str]]:
    def build(contacts: pd.DataFrame, region: str | None) -> pd.Series[str]:  # noqa: ARG001
        text = contacts[column].astype("str").str.strip().str.lower()
        return hash_texts(text if blanks else text.str.replace(r"[\s-]", "", regex=True))

    return build


def _number(contacts: pd.DataFrame, region: str | None) -> pd.Series[str]:  # noqa: ARG001
    """Give the number a contact has in its own system: the id without the source that a store puts before it."""
    text = contacts["customer_id"].astype("str").str.rpartition(":")[2]
    return text.where(text.str.fullmatch(r"\d+").fillna(False).astype("bool"))


def _salesforce_id(contacts: pd.DataFrame, region: str | None) -> pd.Series[str]:  # noqa: ARG001
    """Give the id of an account or a contact, the only ones whose kind its first characters tell."""
    text = contacts["customer_id"].astype("str").str.rpartition(":")[2]
    return text.where(text.str.fullmatch("00[13][A-Za-z0-9]{12}(?:[A-Za-z0-9]{3})?").fillna(False).astype("bool"))


PLATFORMS = (
    Platform(
        name="google",
        title="Google Customer Match and Data Manager",
        columns={
            "Email": _email_google, "Phone": _phone_sha256, "First Name": _hash_column("first_name"),
            "Last Name": _hash_column("last_name"), "Country": _plain("country", upper=True),
            "Zip": _plain("postal_code"),
        },
        identifying=("Email", "Phone"),
        smallest=100,
        documentation="support.google.com/google-ads/answer/7659867",
    ),
    Platform(
        name="meta",
        title="Meta custom audience",
        columns={
            "email": _email_sha256, "phone": _digits_sha256, "fn": _hash_column("first_name"),
            "ln": _hash_column("last_name"),
            "country": _hash_column("country"), "zip": _hash_column("postal_code", blanks=False),
            "extern_id": _plain("customer_id"), "value": _plain("value"),
        },
        identifying=("email", "phone"),
        smallest=100,
        documentation="developers.facebook.com/docs/marketing-api/audiences/guides/custom-audiences",
    ),
    Platform(
        name="yandex_audience",
        title="Yandex Audience",
        columns={"phone": _digits_sha256, "email": _email_sha256, "external_id": _plain("customer_id")},
        identifying=("phone", "email"),
        smallest=100,
        documentation="yandex.com/dev/audience/doc/intro/data-requirements.html",
    ),
    Platform(
        name="yandex_metrica",
        title="Yandex.Metrica contacts",
        columns={"uniq_id": _plain("customer_id"), "phones_md5": _digits_md5, "emails_md5": _email_md5},
        identifying=("phones_md5", "emails_md5"),
        documentation="yandex.com/dev/metrika/en/data-import/hashing",
    ),
    Platform(
        name="tiktok",
        title="TikTok customer file",
        columns={"Email_SHA256": _email_sha256, "Phone_SHA256": _phone_sha256},
        identifying=("Email_SHA256", "Phone_SHA256"),
        smallest=1000,
        documentation="ads.tiktok.com/help/article/list-of-supported-ids-and-formats-for-a-customer-file",
    ),
    Platform(
        name="vk_emails",
        title="VK and myTarget list of e-mails",
        columns={"id": _email_md5},
        identifying=("id",),
        smallest=2000,
        documentation="target.my.com/help/advertisers/sourceuserlists/en",
    ),
    Platform(
        name="vk_phones",
        title="VK and myTarget list of phones",
        columns={"id": _digits_md5},
        identifying=("id",),
        smallest=2000,
        documentation="target.my.com/help/advertisers/sourceuserlists/en",
    ),
    Platform(
        name="klaviyo",
        title="Klaviyo list",
        columns={
            "Email": _email, "Phone Number": _phone, "First Name": _plain("first_name"), "tenure_list": _plain("label"),
        },
        identifying=("Email", "Phone Number"),
        own=True,
        documentation="help.klaviyo.com/hc/en-us/articles/115005078967",
    ),
    Platform(
        name="hubspot",
        title="HubSpot contacts with a property",
        columns={"email": _email, "tenure_list": _plain("label")},
        identifying=("email",),
        own=True,
        documentation="developers.hubspot.com/docs/api-reference/legacy/crm/objects/contacts/batch/update-contacts",
    ),
    Platform(
        name="bitrix24",
        title="Bitrix24 contacts with a field",
        columns={"id": _number, "tenure_list": _plain("label")},
        identifying=("id",),
        own=True,
        documentation="apidocs.bitrix24.com/api-reference/crm/contacts/crm-contact-update.html",
    ),
    Platform(
        name="amocrm",
        title="amoCRM contacts with a field",
        columns={"id": _number, "tenure_list": _plain("label")},
        identifying=("id",),
        own=True,
        documentation="www.amocrm.ru/developers/content/crm_platform/contacts-api",
    ),
    Platform(
        name="salesforce",
        title="Salesforce accounts with a field",
        columns={"Id": _salesforce_id, "tenure_list": _plain("label")},
        identifying=("Id",),
        own=True,
        documentation="developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/"
        "resources_composite_sobjects_collections_update.htm",
    ),
    Platform(
        name="mailchimp",
        title="Mailchimp contacts with a tag",
        columns={"Email Address": _email, "First Name": _plain("first_name"), "Tags": _plain("label")},
        identifying=("Email Address",),
        own=True,
        documentation="mailchimp.com/help/import-contacts-mailchimp",
    ),
    Platform(
        name="unisender",
        title="UniSender contacts with a tag",
        columns={"email": _email, "phone": _digits, "Name": _plain("first_name"), "tags": _plain("label")},
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

"""Salesforce: opportunities, deleted ones too, through the REST API.

Written after developer.salesforce.com, REST API Developer Guide: QueryAll (soft-deleted records, up to 2,000 at a time,
``nextRecordsUrl``), and the quick start of the Connect REST API for the client credentials flow.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from tenure_connectors.apis.session import ApiSession
from tenure_connectors.apis.source import ApiSource, Connection, Pages, Record, utc
from tenure_connectors.presets.crm import SALESFORCE
from tenure_features.errors import UsageError

SALESFORCE_VERSION = "v65.0"
_FIELDS = (
    "Id, Name, StageName, Amount, CloseDate, CreatedDate, AccountId, Account.Name, IsWon, IsClosed, LeadSource, "
    "IsDeleted, SystemModstamp"
)


def _sign_on(connection: Connection) -> ApiSession:
    domain = connection.settings["domain"].removesuffix(".my.salesforce.com")
    if not domain.replace("-", "").isalnum():
        raise UsageError("The domain is the part before .my.salesforce.com.", found=domain)

    def sign_in(session: ApiSession) -> Mapping[str, str]:
        form = {
            "grant_type": "client_credentials",
            "client_id": connection.secrets["salesforce_client_id"],
            "client_secret": connection.secrets["salesforce_client_secret"],
        }
        return {"Authorization": f"Bearer {session.exchange('/services/oauth2/token', form)}"}

    return ApiSession(
        connection.base_url or f"https://{domain}.my.salesforce.com",
        sign_in=sign_in,
        secrets=connection.secrets.values(),
        pause_s=connection.pause_s,
    )


def _read(session: ApiSession, connection: Connection, since: dt.datetime | None) -> Pages:  # noqa: ARG001
    changed = "" if since is None else f" WHERE SystemModstamp >= {since:%Y-%m-%dT%H:%M:%SZ}"
    soql = f"SELECT {_FIELDS} FROM Opportunity{changed} ORDER BY SystemModstamp ASC"  # noqa: S608  # no value of others
    answer = session.get(f"/services/data/{SALESFORCE_VERSION}/queryAll", {"q": soql})
    while True:
        yield [
            Record(
                key=str(deal["Id"]),
                document=None if deal.get("IsDeleted") else deal,
                changed_at=utc(deal.get("SystemModstamp")),
            )
            for deal in answer["records"]
        ]
        if answer.get("done", True):
            return
        answer = session.get(answer["nextRecordsUrl"])


SALESFORCE_API = ApiSource(
    name="salesforce",
    title="Salesforce (REST API)",
    preset=SALESFORCE,
    customer=("account_id", "contact_id", "account"),
    settings={"domain": "the part before .my.salesforce.com"},
    secrets=(("salesforce_client_id", "salesforce_client_secret"),),
    sign_on=_sign_on,
    read=_read,
    documentation=(
        "developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/resources_queryall.htm",
        "developer.salesforce.com/docs/atlas.en-us.chatterapi.meta/chatterapi/quickstart_connecting.htm",
    ),
    notes=("The currency of an opportunity is not read: organisations with one currency have no such field.",),
)

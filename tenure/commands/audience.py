"""``tenure audience``: a list of customers as a file for advertising or mail."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenure import options


def audience(
    platform: Annotated[
        str,
        typer.Argument(
            help="google, meta, yandex_audience, yandex_metrica, vk_emails, vk_phones, tiktok, klaviyo, mailchimp, "
            "unisender, hubspot, salesforce, bitrix24 or amocrm.",
        ),
    ],
    contacts: Annotated[
        str,
        typer.Option(
            "--contacts", metavar="FILE", help="A row per customer: customer_id, email, phone, consent, names, country."
        ),
    ],
    scores: options.ScoresPlace = Path("out"),
    where: Annotated[
        str | None,
        typer.Option(
            "--where",
            metavar="CONDITION",
            help="Who is on the list, over the columns of scores: \"segment = 'high_leaving'\". [default: everybody]",
        ),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option(
            "--without",
            metavar="FILE",
            help="Customers who must stay out (customer_id): a hold-out, forgotten; repeat.",
        ),
    ] = None,
    value: Annotated[
        str | None,
        typer.Option("--value", metavar="COLUMN", help="Column of scores with what each is worth, for look-alikes."),
    ] = None,
    region: Annotated[
        str | None,
        typer.Option("--region", metavar="CODE", help="Country of phones without a country code, such as DE."),
    ] = None,
    column: options.Columns = None,
    encoding: options.Encoding = None,
    name: Annotated[
        str | None, typer.Option("--name", help="What the list is called there. [default: a name that tells nothing]")
    ] = None,
    write: Annotated[
        str | None,
        typer.Option(
            "--write",
            metavar="COLUMN",
            help="Column of scores that stands in the field of each contact, such as risk_tier or next_step, where the "
            "system is your own. [default: the name of the list]",
        ),
    ] = None,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="The file to write.")] = Path("audience.csv"),
    send: Annotated[
        bool,
        typer.Option(
            "--send",
            help="Say what would go to google, meta, hubspot, salesforce, bitrix24, amocrm or klaviyo; with --confirm, "
            "send it.",
        ),
    ] = False,
    confirm: Annotated[bool, typer.Option("--confirm", help="With --send: send it.")] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="What the system must be told, such as property=risk; repeat."
        ),
    ] = None,
    url: Annotated[str | None, typer.Option("--url", help="Where the API is, if not at its usual place.")] = None,
    json: options.Json = False,
) -> None:
    """Write a list of customers as a platform takes it: normalised, hashed, with consent. Nothing is sent by itself.

    Exits with 4 when the platform would not use so short a list.

    Example: tenure audience meta --scores out --contacts contacts.csv --where "value_tier = 'high'" --region DE
    """
    import datetime as dt

    from tenure.jobs.audience import Sending, audience_job
    from tenure.jobs.outputs import require_apart
    from tenure.output import emit
    from tenure_features.errors import UsageError

    if (confirm or settings or url) and not send:
        raise UsageError("--confirm, --set and --url go with --send.", fix="Say --send, or leave them out.")
    require_apart(out, (Path(contacts), *map(Path, without or ())), results=[scores])
    written = audience_job(
        platform, scores, contacts, where=where, without=without or (), value=value, region=region,
        columns=options.column_mapping(column), encoding=encoding, name=name, written=write, out=out,
        sending=None if not send else Sending(
            confirmed=confirm, settings=options.column_mapping(settings), url=url, now=dt.datetime.now(dt.UTC),
            tell=lambda lines: typer.echo("\n".join(lines), err=True),
        ),
    )  # fmt: skip
    payload = {"platform": platform, "name": written.name, "rows": written.rows, "file": str(out), "sent": written.sent}
    emit("audience", written.lines, payload | {"account": list(written.lines)}, as_json=json)

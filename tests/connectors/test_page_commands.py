"""The commands on the page of every export, run on a small one with its documented columns."""

from __future__ import annotations

import csv
import json
import re
import shlex
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tenure.cli import main
from tenure_connectors.presets import EXPORTS

PAGES = Path(__file__).parents[2] / "docs" / "connectors"
PRESETS = {preset.name: preset for preset in EXPORTS if not preset.impossible}
AT, MAIL = "{day} 10:00:00", "{who}@example.org"
ADVERTISING = {"day": "{day}", "campaign": "May", "cost": "{money}", "clicks": "7", "impressions": "900"}
CELLS: dict[str, dict[str, str]] = {
    "shopify": {"name": "#{n}", "email": MAIL, "status": "paid", "total": "{money}", "created_at": AT,
                "line_quantity": "1", "line_name": "Mug", "currency": "EUR"},
    "shopify_bulk": {"id": "gid://shopify/Order/{n}", "name": "#{n}", "created_at": "{day}T10:00:00Z", "status": "PAID",
                     "customer": "gid://shopify/Customer/{number}", "total": "{money}"},
    "woocommerce": {"order_id": "{n}", "created_at": AT, "status": "completed", "customer": "0", "email": MAIL,
                    "total": "{money}"},
    "woocommerce_analytics": {"created_at": AT, "order_id": "{n}", "status": "completed", "net": "{money}",
                              "customer": "{who}", "sold": "1"},
    "stripe": {"id": "ch_{n}", "created_at": AT, "amount": "{money}", "amount_refunded": "0", "currency": "eur",
               "status": "Paid", "customer": "cus_{who}"},
    "bitrix24": {"id": "{n}", "stage": "Сделка успешна", "amount": "{money}", "created_at": AT, "contact": "{who}",
                 "currency": "RUB"},
    "amocrm": {"id": "{n}", "name": "Стол", "budget": "{money}", "stage": "Успешно реализовано", "created_at": AT,
               "contact": "{who}"},
    "magento": {"id": "{n}", "created_at": AT, "total": "{money}", "status": "Complete", "email": MAIL},
    "square": {"day": "{day}", "time": "10:00:00", "net": "{money}", "id": "t{n}", "event": "Payment",
               "collected": "{money}", "customer_id": "C{who}"},
    "amazon": {"order_id": "303-{n}", "purchased_at": "{day}T10:00:00+00:00", "email": MAIL, "sku": "MUG",
               "price": "{money}", "quantity": "1"},
    "ozon": {"order_id": "123456{number}-{n}", "shipment": "{n}-1", "accepted_at": AT, "status": "Доставлен",
             "price": "{money}", "quantity": "1", "article": "MUG"},
    "one_c": {"period": AT, "document": "Реализация {n}", "customer": "ООО {who}", "amount": "{money}"},
    "salesforce": {"id": "006{n}", "stage": "Closed Won", "amount": "{money}", "closed_at": "{day}", "name": "Renewal",
                   "account_id": "001{who}"},
    "hubspot": {"id": "{n}", "stage": "Closed Won", "amount": "{money}", "closed_at": AT, "name": "Renewal",
                "contact_id": "9{number}"},
    "ga4": {"name": "purchase", "stamp": "{stamp}", "client": "b.{who}", "transaction": "T{n}", "revenue": "{money}"},
    "yandex_metrica": {"id": "{n}", "created_at": AT, "client": "{who}", "revenue": "{money}", "status": "PAID"},
    "metrica_logs": {"visit": "{n}", "client": "{who}", "at": AT},
    "klaviyo": {"event": "Opened Email", "at": "{day}T10:00:00Z", "person": "{who}"},
    "mailchimp": {"event": "click", "at": AT, "email": MAIL},
    "unisender": {"event": "ok_read", "at": AT, "email": MAIL},
    "google_ads": ADVERTISING | {"currency": "EUR"},
    "meta_ads": ADVERTISING,
    "yandex_direct": ADVERTISING | {"id": "1"},
    "vk_ads": ADVERTISING,
}  # fmt: skip
"""What stands in the columns of each export, by the keys of its preset."""


def rows(preset, count=48):
    """Two orders of each of 24 customers over a year."""
    header = {key: preset.columns[key][0].rstrip("*") for key in CELLS[preset.name]}
    for n in range(count):
        at = datetime(2024, 1, 5, 10, tzinfo=UTC) + timedelta(days=7 * n)
        words = {"n": str(n), "number": str(10 + n % 24), "who": "abcdefghijklmnopqrstuvwx"[n % 24]}
        words |= {"day": f"{at:%Y-%m-%d}", "money": f"{20 + n % 5}.50", "stamp": str(int(at.timestamp() * 1e6))}
        yield {column: CELLS[preset.name][key].format(**words) for key, column in header.items()}


def nest(row):
    """Put what has dots in its name into objects, as JSON lines have it."""
    whole = {}
    for name, value in row.items():
        *above, last = name.split(".")
        place = whole
        for part in above:
            place = place.setdefault(part, {})
        place[last] = value
    return whole


def write(preset):
    if "JSON lines" in preset.title:
        text = "".join(json.dumps(nest(row)) + "\n" for row in rows(preset))
        Path("export.jsonl").write_text(text, encoding="utf-8")
        return
    table = list(rows(preset))
    with Path("export.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(table[0]))
        writer.writeheader()
        writer.writerows(table)


def commands(name):
    text = (PAGES / name).read_text(encoding="utf-8")
    return [line for block in re.findall(r"```console\n(.*?)```", text, re.DOTALL) for line in block.splitlines()]


def call(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main([*shlex.split(command)[1:], "--json"])
    printed = capsys.readouterr()
    assert not stop.value.code, (command, printed.out, printed.err)
    return json.loads(printed.out)


@pytest.mark.parametrize("name", PRESETS)
def test_commands__of_a_page_read_the_export_and_end_with_the_next(name, tmp_path, monkeypatch, capsys):
    preset = PRESETS[name]
    assert commands(f"{name}.md") == commands(f"{name}.ru.md")
    monkeypatch.chdir(tmp_path)
    write(preset)
    Path("orders.csv").write_text("customer_id,ordered_at,revenue\na,2024-01-05,20\n")  # that others lie beside
    for command in commands(f"{name}.md"):
        result = call(command, capsys)
        if command.startswith("tenure check"):
            assert result["export"], command
            assert result["next"].startswith("tenure run --orders export.")
            assert result["tables"]["orders"]["customers"] == 24
    settings = Path("tenure.toml").read_text(encoding="utf-8")
    assert f'preset = "{name}"' in settings
    assert result["next"] == "tenure check --config tenure.toml"


def test_commands__are_on_the_page_of_every_export_that_can_be_read():
    assert {name for name in PRESETS if not commands(f"{name}.md")} == set()
    assert set(CELLS) == set(PRESETS)

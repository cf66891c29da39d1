"""The pages of platforms that take lists and bids, from what the code says of each."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from list_notes import EXAMPLES, HOLDS, RUSSIAN_LISTS

from tenure_connectors.audiences.contacts import CONSENT_WORDS
from tenure_connectors.audiences.delivery import DELIVERIES, Delivery
from tenure_connectors.audiences.platforms import PLATFORMS, Platform, platform_named
from tenure_connectors.bid_files import BID_PLATFORMS, BidPlatform

EN = {
    "file": "writes a list of customers, chosen by their scores, as the file that it takes. Nothing is sent by itself.",
    "write": "Write the file", "holds": "What it holds", "column": "column", "what": "what it is",
    "how": "how it is written", "hash": "hash", "example": "example", "any": "A row needs one of: {names}.",
    "one": "A row needs: {names}.", "who": "Who is on it",
    "consent": "Only customers with a clear yes in `consent` of the contacts ({words}). "
    "Without that column there is no file.",
    "without": "Nobody of the files after `--without`: a hold-out, those who asked to be forgotten.",
    "value": "With `--value` only those whose value is above zero.",
    "small": "At least {smallest:,} rows: the platform uses no shorter list, so that none is written (exit code 4).",
    "neutral": "Its name there tells nothing of the people, unless `--name` says one.",
    "own": "`--write risk_tier` (or any column of scores) says of each what scores say; contacts go in plain.",
    "send": "Send it", "upload": "`--send` does not know this platform: upload the file there.",
    "plan": "`--send` says what would go and sends nothing; with `--confirm` it goes. Of each goes: {fields}; at most "
    "{most:,} in one request.",
    "creates": "Contacts that are not there are made, so that `--without` is asked for.",
    "leaves": "Contacts that are not there are left out.",
    "secret": "Secret, from the environment: {ways}; or `keyring set tenure {first}`.", "or": "or", "and": "and",
    "setting": "`--set`", "meaning": "what it is", "source": "Described by the platform at",
    "bid": "says what to multiply bids by, from what new customers are worth, and writes `{file}`. Nothing is sent.",
    "then": "What to do with it", "adjusts": "What gets an adjustment", "bounds": "Bounds of a number in the file",
    "least": "least", "most": "most", "campaign": "Say `--campaign` where nothing tells which campaign brought whom.",
    "ids": "`--id NAME=ID` says what a campaign or region is called there. What could not be said is named.",
    "lists": "Where lists go", "bids": "Where bids go",
}  # fmt: skip
RU = {
    "file": "пишет список клиентов, выбранных по оценкам, файлом для этой площадки. Сам он ничего не отправляет.",
    "write": "Записать файл", "holds": "Что в нём", "column": "столбец", "what": "что это",
    "how": "как записано", "hash": "хеш", "example": "пример", "any": "В строке нужно одно из: {names}.",
    "one": "В строке нужно: {names}.", "who": "Кто в списке",
    "consent": "Только клиенты с ясным «да» в `consent` контактов ({words}). "
    "Без этого столбца файла нет.",
    "without": "Никого из файлов после `--without`: контрольная группа и те, кто попросил забыть о себе.",
    "value": "С `--value` только те, чья ценность выше нуля.",
    "small": "Не меньше {smallest} строк: более короткий список площадка не использует, и он не пишется "
    "(код выхода 4).",
    "neutral": "Имя списка там ничего не говорит о людях, если его не назвать через `--name`.",
    "own": "`--write risk_tier` (или любой столбец оценок) пишет о каждом то, что говорят оценки; "
    "контакты не хешируются.",
    "send": "Отправить", "upload": "`--send` этой площадки не знает: загрузите файл там.",
    "plan": "`--send` говорит, что ушло бы, и ничего не отправляет; с `--confirm` отправляет. О каждом уходит: "
    "{fields}; не больше {most} в одном запросе.",
    "creates": "Контакты, которых там нет, создаются, поэтому нужно `--without`.",
    "leaves": "Контакты, которых там нет, пропускаются.",
    "secret": "Секрет, из окружения: {ways}; или `keyring set tenure {first}`.", "or": "или", "and": "и",
    "setting": "`--set`", "meaning": "что это", "source": "Описано площадкой:",
    "bid": "говорит, на что умножать ставки, по ценности новых клиентов, и пишет `{file}`. Ничего не отправляется.",
    "then": "Что с ним делать", "adjusts": "Что получает корректировку", "bounds": "Границы числа в файле",
    "least": "меньше всего", "most": "больше всего",
    "campaign": "Назовите `--campaign`, если неизвестно, какая кампания кого привела.",
    "ids": "`--id ИМЯ=НОМЕР` говорит, как кампания или регион называется там. Чего сказать нельзя, то названо.",
    "lists": "Куда уходят списки", "bids": "Куда уходят ставки",
}  # fmt: skip
SAMPLE = {
    "email": " Mary.Ann+shop@Gmail.com", "phone": "+1 (650) 555-1212", "first_name": "Mary", "last_name": "O'Neil",
    "country": "us", "postal_code": "94-043", "value": "120.5", "label": "list-c0e2d2",
}  # fmt: skip
"""The contact of the examples; its id is one that the platform has."""


def list_page(platform: Platform, words: dict[str, str], *, russian: bool) -> str:
    """Write the page of one platform in one language."""
    sent = next((delivery for delivery in DELIVERIES if delivery.platform == platform.name), None)
    names = ", ".join(f"`{name}`" for name in platform.identifying)
    needs = words["any" if len(platform.identifying) > 1 else "one"].format(names=names)
    rules = [words["consent"].format(words=", ".join(CONSENT_WORDS)), words["without"]]
    rules += [words["value"]] if _column(platform, "value") else []
    rules += [words["small"].format(smallest=platform.smallest)] if platform.smallest > 1 else []
    rules.append(words["own"] if platform.own else words["neutral"])
    return "\n".join([
        f"# {_say(platform.title, russian=russian)}", "", f"`tenure audience {platform.name}` {words['file']}", "",
        f"## {words['write']}", "", "```console", *_written(platform), "```", "", f"## {words['holds']}", "",
        *_columns(platform, words, russian=russian), "", needs, "", f"## {words['who']}", "",
        *(f"- {rule}" for rule in rules), "", f"## {words['send']}", "",
        *([words["upload"]] if sent is None else _sending(sent, words, russian=russian)), "",
        f"{words['source']} {platform.documentation}", "",
    ])  # fmt: skip


def bid_page(name: str, platform: BidPlatform, words: dict[str, str], *, russian: bool) -> str:
    """Write the page of the bids of one platform in one language."""
    campaign = " --campaign 4711" if platform.by_campaign else ""
    adjusted = [_say(text, russian=russian) for text in platform.adjusts]
    bounds = [f"| {_say(text, russian=russian)} | {low} | {high} |" for text, (low, high) in platform.bounds.items()]
    return "\n".join([
        f"# {_say(platform.title, russian=russian)}", "",
        f"`tenure bids --platform {name}` {words['bid'].format(file=platform.file)}", "", f"## {words['write']}", "",
        "```console", f"tenure bids --config tenure.toml --platform {name}{campaign} --out bids", "```", "",
        f"**{words['then']}:** {_say(platform.upload, russian=russian)}.", "", f"## {words['adjusts']}", "",
        *(f"- {text}" for text in adjusted), "",
        *([words["campaign"]] if platform.by_campaign else []), words["ids"], "",
        f"## {words['bounds']}", "", f"| | {words['least']} | {words['most']} |", "|---|---|---|", *bounds, "",
        f"{words['source']} {platform.documentation}", "",
    ])  # fmt: skip


def list_pages() -> Iterator[tuple[str, bool, str, str, str]]:
    """Give of every page its section, whether it is in Russian, its path below ``docs/``, its title and its text."""
    for russian, words in ((False, EN), (True, RU)):
        ending = ".ru.md" if russian else ".md"
        for platform in PLATFORMS:
            path, title = f"audiences/{platform.name}{ending}", _say(platform.title, russian=russian)
            yield words["lists"], russian, path, title, list_page(platform, words, russian=russian)
        for name, target in BID_PLATFORMS.items():
            path, title = f"bids/{name}{ending}", _say(target.title, russian=russian)
            yield words["bids"], russian, path, title, bid_page(name, target, words, russian=russian)


def _say(text: str, *, russian: bool) -> str:
    return RUSSIAN_LISTS[text] if russian else text


def _column(platform: Platform, holds: str) -> bool:
    return any(column.holds == holds for column in platform.columns.values())


def _written(platform: Platform) -> Iterator[str]:
    common = f"tenure audience {platform.name} --scores out --contacts contacts.csv"
    value = " --value expected_value" if _column(platform, "value") else ""
    region = " --region US" if _column(platform, "phone") else ""
    yield f"{common}{value}{region} --without holdout.csv"
    if platform.own:
        yield f"{common}{region} --without holdout.csv --write risk_tier"


def _columns(platform: Platform, words: dict[str, str], *, russian: bool) -> Iterator[str]:
    own = {"salesforce": "0015g00000AbCdE"}.get(platform.name, f"{platform.name}:17" if platform.own else "C17")
    row = platform.rows(pd.DataFrame([SAMPLE | {"customer_id": own}]), region=None).iloc[0]
    yield "| " + " | ".join(words[key] for key in ("column", "what", "how", "hash", "example")) + " |"
    yield "|---|---|---|---|---|"
    for name, column in platform.columns.items():
        cell = row[name] if column.algorithm is None else f"{row[name][:12]}..."
        held, how = HOLDS[column.holds][russian], _say(column.writing.meaning, russian=russian)
        yield f"| `{name}` | {held} | {how} | {column.algorithm or ''} | `{cell}` |"


def _sending(delivery: Delivery, words: dict[str, str], *, russian: bool) -> Iterator[str]:
    settings = {**delivery.source.settings, **delivery.settings}
    command = next(_written(platform_named(delivery.platform)))
    command += " --send" + "".join(f" --set {name}={EXAMPLES[delivery.platform][name]}" for name in settings)
    yield from ("```console", command, f"{command} --confirm", "```", "")
    fields = ", ".join(_say(text, russian=russian) for text in delivery.fields)
    others = words["creates" if delivery.creates else "leaves"]
    yield f"{words['plan'].format(fields=fields, most=delivery.most)} {others}"
    ways = f", {words['or']} ".join(
        f" {words['and']} ".join(f"`TENURE_{name.upper()}`" for name in group) for group in delivery.source.secrets
    )
    yield from ("", words["secret"].format(ways=ways, first=delivery.source.secrets[0][0]))
    if settings:
        yield from ("", f"| {words['setting']} | {words['meaning']} |", "|---|---|")
        yield from (f"| `{name}` | {_say(text, russian=russian)} |" for name, text in settings.items())

"""Write the pages of systems, one per system and language, from the code: ``python docs/tools/connectors.py``."""

from __future__ import annotations

from pathlib import Path

from export_notes import RUSSIAN_NOTES
from lists import list_pages

from tenure_connectors.meaning import Meaning
from tenure_connectors.preset import Preset
from tenure_connectors.presets import EXPORTS

DOCS = Path(__file__).resolve().parents[1]
EN = {
    "intro": "`tenure check` recognises this export by its header; `preset = \"{name}\"` under `[orders]` names it.",
    "intro_table": "Name the file under `[tables.{table}]`, beside the orders; it is recognised by its header.",
    "columns": "Columns that are read", "key": "what it is", "names": "how it may be called", "needed": "needed",
    "statuses": "What each status means", "status": "status", "meaning": "meaning", "others": "every other",
    "notes": "What to know", "tables": "What it becomes", "source": "Described by the system at", "no": "Why not",
    "run": "Read it",
}  # fmt: skip
RU = {
    "intro": "`tenure check` узнаёт эту выгрузку по заголовку; `preset = \"{name}\"` в `[orders]` называет её прямо.",
    "intro_table": "Назовите файл в разделе `[tables.{table}]` рядом с заказами; он узнаётся по заголовку.",
    "columns": "Какие столбцы читаются", "key": "что это", "names": "как может называться", "needed": "нужен",
    "statuses": "Что значит каждый статус", "status": "статус", "meaning": "значение", "others": "любой другой",
    "notes": "Что нужно знать", "tables": "Чем становится", "source": "Описана системой:", "no": "Почему нет",
    "run": "Прочитать",
}  # fmt: skip


def page(preset: Preset, words: dict[str, str], *, russian: bool) -> str:
    """Write the page of one export in one language."""
    lines = [f"# {preset.title}", ""]
    if preset.impossible:
        reason = RUSSIAN_NOTES[preset.impossible] if russian else preset.impossible
        lines += [f"**{words['no']}:** {reason}", ""]
    elif "orders" in preset.tables:
        lines += [words["intro"].format(name=preset.name), "", f"## {words['run']}", "", "```console"]
        file = "export.jsonl" if "JSON lines" in preset.title else "export.csv"
        lines += [f"tenure check --orders {file}", f"tenure init --orders {file}", "```", ""]
    else:
        table = next(iter(preset.tables))
        lines += [words["intro_table"].format(table=table), "", f"## {words['run']}", "", "```console"]
        lines += [f"tenure init --orders orders.csv --table {table}=export.csv", "```", ""]
    if preset.tables:
        lines += [f"**{words['tables']}:** {', '.join(f'`{table}`' for table in preset.tables)}", ""]
    lines += [
        f"## {words['columns']}",
        "",
        f"| {words['key']} | {words['names']} | {words['needed']} |",
        "|---|---|---|",
    ]
    for key, names in preset.columns.items():
        listed = ", ".join(f"`{name}`" for name in names)
        lines.append(f"| {key} | {listed} | {'+' if key in preset.required else ''} |")
    if preset.statuses:
        lines += ["", f"## {words['statuses']}", "", f"| {words['status']} | {words['meaning']} |", "|---|---|"]
        lines += [f"| {status} | {_say(meaning, russian=russian)} |" for status, meaning in preset.statuses.items()]
        lines.append(f"| {words['others']} | {_say(preset.unknown, russian=russian)} |")
    if preset.notes:
        notes = [RUSSIAN_NOTES[note] if russian else note for note in preset.notes]
        lines += ["", f"## {words['notes']}", "", *(f"- {note}" for note in notes)]
    return "\n".join([*lines, "", f"{words['source']} {preset.documentation}", ""])


def _say(meaning: Meaning, *, russian: bool) -> str:
    return meaning.russian if russian else meaning.english


def pages() -> dict[str, str]:
    """Give every page by its path below ``docs/``."""
    written = {}
    listed = {False: ["# Exports that are recognised", ""], True: ["# Выгрузки, которые узнаются", ""]}
    for preset in EXPORTS:
        for russian, words in ((False, EN), (True, RU)):
            name = f"{preset.name}{'.ru' if russian else ''}.md"
            written[f"connectors/{name}"] = page(preset, words, russian=russian)
            listed[russian].append(f"- [{preset.title}](connectors/{name})")
    for section, russian, path, title, text in list_pages():
        written[path] = text
        listed[russian] += [] if f"## {section}" in listed[russian] else ["", f"## {section}", ""]
        listed[russian].append(f"- [{title}]({path})")
    written["connectors.md"] = "\n".join([*listed[False], "", "[По-русски](connectors.ru.md)", ""])
    written["connectors.ru.md"] = "\n".join([*listed[True], "", "[In English](connectors.md)", ""])
    return written


if __name__ == "__main__":
    for path, text in pages().items():
        (DOCS / path).parent.mkdir(exist_ok=True)
        (DOCS / path).write_text(text, encoding="utf-8")

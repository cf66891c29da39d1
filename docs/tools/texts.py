"""The texts the code uses, and those of the catalogue: finds what is missing or stale, and adds what is new.

``uv run python docs/tools/texts.py`` lists the texts that have no Russian yet; with ``--write`` they enter the
catalogue empty, and those that no code uses leave it.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from io import BytesIO
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po

from tenure.report import coverage
from tenure_decisions import glossary
from tenure_decisions.economics import bids
from tenure_decisions.glossary import Term
from tenure_features.families.catalogue import BUILT_IN
from tenure_serving.segments import load_map, load_playbook

ROOT = Path(__file__).resolve().parents[2]
CATALOGUE = ROOT / "serving" / "tenure_serving" / "language" / "catalogues" / "ru.po"
MARKED = ("serving", "tenure")
"""Where texts are marked, as gettext does it: arguments of ``gettext``, ``ngettext`` and ``N_``."""
KEYWORDS = {"gettext": None, "ngettext": (1, 2), "N_": None, "say": None}
SAID = {
    "Findings": ("title", "lead"),
    "FindingTable": ("title",),
    "Sentence": ("text",),
    "View": ("title", "headings"),
    "Drawing": ("label",),
    "Section": ("title", "lead"),
}
"""Arguments that are texts, of the values that findings and sections are made of."""
CODE = ("serving", "tenure", "decisions", "features", "training")

Text = str | tuple[str, str]


def marked() -> Iterator[Text]:
    """Yield the texts marked in code and templates."""
    for folder in MARKED:
        for path in sorted((ROOT / folder).rglob("*")):
            method = {".py": "python", ".j2": "jinja2.ext:babel_extract"}.get(path.suffix)
            if method is not None:
                for _, text, _, _ in extract(method, BytesIO(path.read_bytes()), KEYWORDS):
                    yield text if isinstance(text, str) else (text[0], text[1])


def said() -> Iterator[str]:
    """Yield the texts that findings, layouts and sections are made with."""
    for path in modules():
        for call in (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)):
            names = SAID.get(getattr(call.func, "id", ""), ())
            for keyword in (keyword for keyword in call.keywords if keyword.arg in names):
                values = keyword.value.values if isinstance(keyword.value, ast.Dict) else [keyword.value]
                yield from (value.value for value in values if isinstance(value, ast.Constant) and value.value)


def described() -> Iterator[Text]:
    """Yield what features, columns, groups and plays are described with."""
    for feature in BUILT_IN:
        counted = re.search(r"\{value:\+?,?\.0f\}", feature.reason) and feature.unit != "money"
        yield (feature.reason, feature.reason) if counted else feature.reason
        yield feature.meaning
    for terms in (value for module in (glossary, bids, coverage) for value in vars(module).values()):
        if isinstance(terms, dict) and all(isinstance(term, Term) for term in terms.values()):
            yield from (name.replace("_", " ") for name in terms)
    book = load_playbook()
    for play in book.plays:
        yield from (play.goal, *play.next_steps)
    yield from (load_map(name).note for name in ("common_eleven", "relationship") if load_map(name).note)


@cache
def modules() -> tuple[Path, ...]:
    """Return the Python files whose texts people read."""
    return tuple(path for folder in CODE for path in sorted((ROOT / folder).rglob("*.py")))


def used() -> dict[str, Text]:
    """Return every text the code uses, by its key; one that counts by its singular."""
    texts = [*marked(), *said(), *described()]
    plural = {text[0]: text for text in texts if isinstance(text, tuple)}
    return {key: plural.get(key, key) for key in (text if isinstance(text, str) else text[0] for text in texts) if key}


def written() -> set[str]:
    """Return every string in the code, what is filled in replaced by ``{}``: what a text of the catalogue may be."""
    found: set[str] = set()
    for path in modules():
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.add(bare(node.value))
            elif isinstance(node, ast.JoinedStr):
                parts = (part.value if isinstance(part, ast.Constant) else "{}" for part in node.values)
                found.add(bare("".join(map(str, parts))))
    return found


def identifiers() -> set[str]:
    """Return every name in the code: columns and fields are said by theirs."""
    kinds = {ast.Name: "id", ast.Attribute: "attr", ast.arg: "arg", ast.keyword: "arg"}
    nodes = (node for path in modules() for node in ast.walk(ast.parse(path.read_text())))
    return {getattr(node, kinds[type(node)]) or "" for node in nodes if type(node) in kinds}


def bare(text: str) -> str:
    """Replace what is filled in by ``{}``.

    Examples
    --------
    >>> bare("{rows:,} of {all} rows")
    '{} of {} rows'
    """
    return re.sub(r"\{[^{}]*\}", "{}", text)


def read() -> Catalog:
    """Read the Russian catalogue."""
    with CATALOGUE.open("rb") as stored:
        return read_po(stored, locale="ru")


def stale(catalogue: Catalog) -> list[str]:
    """Name the texts of the catalogue that stand nowhere in the code: not marked, not as a string, not as a name."""
    texts, strings = used(), written()
    names = {text.replace("_", " ").casefold() for text in strings | identifiers()}
    return [
        key
        for key in (message.id if isinstance(message.id, str) else message.id[0] for message in catalogue if message.id)
        if key not in texts and bare(key) not in strings and key.casefold() not in names and not _composed(key, strings)
    ]


def _composed(key: str, strings: set[str]) -> bool:
    """Tell whether a sentence is put together of strings of the code: each of its parts is in one of them."""
    parts = [part.strip(" .,:;()") for part in re.split(r"\{[^{}]*\}", key)]
    long = [part for part in parts if len(part) > 3]
    return bool(long) and all(any(part in text for text in strings) for part in long)


def write(catalogue: Catalog) -> None:
    """Write the catalogue sorted, with the header gettext asks for and nothing that changes by the day."""
    out = Catalog(locale="ru", charset="utf-8", fuzzy=False, header_comment="# Russian texts of Tenure.")
    for message in catalogue:
        if message.id:
            out.add(message.id, message.string)
    for message in out:
        message.flags -= {"python-format"}  # a per cent sign is one, placeholders are in braces
    stored = BytesIO()
    write_po(stored, out, sort_output=True, width=120)
    dated = re.compile(r'^"(?!Language:|Plural|MIME|Content).*\n', re.MULTILINE)
    head, body = stored.getvalue().decode().split("\n\n", 1)
    CATALOGUE.write_text(f"{dated.sub('', head)}\n\n{body}", encoding="utf-8")


def main() -> None:
    """List what has no Russian; with ``--write`` bring the catalogue up to date."""
    catalogue, texts = read(), used()
    missing = [text for key, text in texts.items() if catalogue.get(key) is None or not catalogue.get(key).string]
    sys.stdout.writelines(f"{text}\n" for text in missing)
    if "--write" in sys.argv:
        for key in stale(catalogue):
            catalogue.delete(key)
        for text in missing:
            catalogue.add(text)
        write(catalogue)


if __name__ == "__main__":
    main()

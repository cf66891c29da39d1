"""Reports and cards as a browser shows them: in English and Russian, wide and on a phone, light and dark."""

from __future__ import annotations

import itertools
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import tenure
from tenure_serving.card import render_card
from tenure_serving.language import load_language
from tenure_serving.language.catalogue import read_catalogue
from tenure_serving.score_columns import SCHEMA

CHROMIUM = shutil.which("chromium")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium here: apt-get install chromium"),
]
WIDTHS, SCHEMES, CODES, PAGES = (1280, 390), ("light", "dark"), ("en", "ru"), ("report", "card")
VIEWS = list(itertools.product(PAGES, CODES, WIDTHS, SCHEMES))
NAMES = {"recency", "logistic", "tenure"}
"""Words that are names in every language."""


CUT_OFF = (
    "[...document.querySelectorAll('.scroll')].filter(place => place.checkVisibility() && "
    "place.scrollWidth > place.clientWidth + 1).map(place => place.ariaLabel)"
)
"""Tables of which a part lies outside their place."""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Train on a small shop with every table, and write its report and a card in both languages."""
    folder = tmp_path_factory.mktemp("pages")
    tables = tenure.simulate_shop("shop", customers=260, seed=5)
    as_of = pd.Timestamp("2025-01-01")
    beside = {name: table for name, table in tables.items() if name not in {"orders", "identifiers"}}
    shop = tenure.open_shop(tables["orders"], as_of=as_of, **beside)
    model = tenure.train(shop, horizon_days=60, candidates=["recency", "logistic"])
    scores = model.score()
    customer = scores.loc[scores["expected_value"].idxmax(), "customer_id"]
    for code in CODES:
        model.report(folder / f"report-{code}.html", language=code)
        card = tenure.card(scores, customer, shop=shop, language=code)
        (folder / f"card-{code}.html").write_text(render_card(card), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.mark.parametrize(("name", "code", "width", "scheme"), VIEWS)
def test_page__fits_the_screen_says_nothing_wrong_and_loads_nothing(
    pages: Path, browser, tmp_path: Path, name: str, code: str, width: int, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    page = browser.new_page(viewport={"width": width, "height": 844}, color_scheme=scheme, bypass_csp=True)
    errors, requests = [], []
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("request", lambda request: requests.append(request.url))
    page.goto((pages / f"{name}-{code}.html").as_uri())
    page.wait_for_function(
        "() => [...document.querySelectorAll('[data-chart]')].every(place => place.querySelector('svg'))"
    )
    page.screenshot(path=tmp_path / f"{name}-{code}-{width}-{scheme}.png", full_page=True)
    assert errors == []
    assert [url for url in requests if not url.startswith(("file:", "data:", "blob:"))] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CUT_OFF) == []
    faults = Axe().run(page).response["violations"]
    assert [(fault["id"], fault["nodes"][0]["html"][:200]) for fault in faults if fault["impact"] in WORST] == []
    page.close()


WORST = {"serious", "critical"}


@pytest.mark.parametrize("name", PAGES)
def test_russian_page__has_no_sentence_left_in_english(pages: Path, browser, name: str) -> None:
    page = browser.new_page(bypass_csp=True)
    page.goto((pages / f"{name}-ru.html").as_uri())
    page.wait_for_timeout(1500)
    texts = page.evaluate(
        "() => [...document.querySelectorAll('body *:not(script):not(style)')].flatMap("
        "place => [...place.childNodes].filter(node => node.nodeType === 3).map(node => node.textContent.trim()))"
    )
    english = [
        text for text in texts if len(re.findall(r"\b[a-z]{2,}\b", text)) > 3 and not re.search("[А-Яа-я]", text)
    ]
    assert english == []
    keys = {text for text in read_catalogue("ru").texts if re.search("[a-z]{3}", text) and "{" not in text}
    assert sorted({text for text in texts if text in keys} - NAMES) == []
    page.close()


NOTHING = re.compile(r"\b(nan|NaN|NaT|None(?! of)|inf|nats?|undefined|null)\b|\{\w*\}")
"""What a program leaves where a person expects words or a number."""
ABBREVIATIONS = re.compile(r"\b(AUROC|EMPC|CRPS|WAPE|RMSE|MAPE|ECE|SHAP)\b")


NAMED = ("customer id: ", "клиент: ")
"""Texts that say what columns are: the formula of growth, and what was mapped to what."""


def hard_words(text: str) -> list[str]:
    """Find in a text for people what is no word of theirs: leftovers, names of columns, bare abbreviations."""
    if text.startswith(NAMED):
        return []
    columns = set(re.findall(r"\b[a-z]+(?:_[a-z0-9]+)+\b", text)) & set(SCHEMA)
    bare = [text] if ABBREVIATIONS.search(text) and len(text.split()) < 4 else []
    return [*(found[0] for found in NOTHING.finditer(text)), *columns, *bare]


def test_hard_words__are_found() -> None:
    assert hard_words("nan of {count}, up to value_high") == ["nan", "{count}", "value_high"]
    assert hard_words("EMPC") == ["EMPC"]
    assert hard_words("error of the whole range of value (CRPS)") == []


@pytest.mark.parametrize(("name", "code"), list(itertools.product(PAGES, CODES)))
def test_page__says_nothing_that_a_marketer_would_have_to_look_up(pages: Path, browser, name: str, code: str) -> None:
    page = browser.new_page(bypass_csp=True)
    page.goto((pages / f"{name}-{code}.html").as_uri())
    page.wait_for_function(
        "() => [...document.querySelectorAll('[data-chart]')].every(place => place.querySelector('svg'))"
    )
    texts = page.evaluate(
        "() => [...document.querySelectorAll('body *:not(script):not(style)')].flatMap("
        "place => [...place.childNodes].filter(node => node.nodeType === 3).map(node => node.textContent.trim()))"
    )
    page.close()
    assert len(texts) > 50
    assert {text: hard_words(text) for text in texts if hard_words(text)} == {}


def test_languages__are_both_there(pages: Path) -> None:
    assert load_language("ru").gettext("Whom to call first") in (pages / "report-ru.html").read_text()
    assert "Whom to call first" in (pages / "report-en.html").read_text()

"""``tenure card``: everything known of one customer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenure import options


def card(
    customer: Annotated[str, typer.Argument(help="The customer's id.")],
    scores: options.ScoresPlace = Path("out"),
    config: options.ConfigFile = None,
    identities: Annotated[
        Path | None,
        typer.Option(
            "--identities", metavar="FILE|DIR", help="identity_map.parquet. [default: the one beside the scores]"
        ),
    ] = None,
    results: options.ResultsFile = None,
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write the card as a page, too.")] = None,
    language: options.LanguageOption = None,
    json: options.Json = False,
) -> None:
    """Show the card of one customer: scores, reasons, group, next steps; with --config what happened, too.

    Example: tenure card 17850 --scores out --config tenure.toml --html card.html
    """
    from tenure.config_file import load_config
    from tenure.jobs.card import open_card
    from tenure.jobs.outputs import input_places, require_apart
    from tenure.output import emit
    from tenure_serving.batch import SCORES
    from tenure_serving.card import render_card
    from tenure_serving.card.reader import card_json
    from tenure_serving.card.text import card_lines
    from tenure_serving.language import load_language

    settings = None if config is None else load_config(config, overrides={})
    require_apart(html, input_places(settings), results=[config, scores, scores / SCORES, identities, results])
    spoken = load_language(language or (settings.report.language if settings else "en"))
    shown_card = open_card(customer, scores, config=settings, identities=identities, results=results, language=spoken)
    if html is not None:
        html.parent.mkdir(parents=True, exist_ok=True)
        html.write_text(render_card(shown_card), encoding="utf-8")
    page = ["", spoken.gettext("Page: {path}", path=html)] if html else []
    lines = [*card_lines(shown_card), *page]
    emit("card", lines, {**card_json(shown_card), "html": html}, as_json=json)

"""``tenure target``: whom to contact with which offer under a budget."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenure import options


def target(
    offer: Annotated[
        list[str],
        typer.Option(
            "--offer",
            metavar="ARM=CONTACT:OFFER",
            help="What an arm costs: each contact, and an offer that is taken, in money or % of an order; repeat.",
        ),
    ],
    scores: options.ScoresPlace = Path("out"),
    uplift: Annotated[
        Path | None,
        typer.Option("--uplift", metavar="FILE|DIR", help="What was measured, of tenure uplift. [default: none]"),
    ] = None,
    saves: Annotated[
        float | None,
        typer.Option(
            "--saves",
            metavar="SHARE",
            min=0,
            max=1,
            help="Without --uplift, assumed: would-be leavers a contact keeps.",
        ),
    ] = None,
    budget: Annotated[
        float | None, typer.Option("--budget", metavar="MONEY", min=0, help="Expected spend. [default: no limit]")
    ] = None,
    redeem: Annotated[
        float, typer.Option("--redeem", metavar="SHARE", min=0, max=1, help="Who orders and takes the offer.")
    ] = 1.0,
    worth: Annotated[
        str, typer.Option("--worth", help="What keeping a customer brings: horizon (of the scores) or lifetime.")
    ] = "horizon",
    where: Annotated[
        str | None,
        typer.Option("--where", metavar="CONDITION", help="Who may be contacted, over scores. [default: everybody]"),
    ] = None,
    without: Annotated[
        list[str] | None,
        typer.Option("--without", metavar="FILE", help="Customers who stay out (customer_id): a hold-out; repeat."),
    ] = None,
    holdout: Annotated[
        float, typer.Option("--holdout", metavar="SHARE", min=0, max=0.9, help="Of the chosen, left alone by lot.")
    ] = 0.1,
    name: Annotated[str, typer.Option("--name", help="Of the campaign, in the assignments.")] = "target",
    seed: options.Seed = None,
    out: options.Out = None,
    config: options.ConfigFile = None,
    language: options.LanguageOption = None,
    json: options.Json = False,
) -> None:
    """Choose whom to contact with which offer: expected profit = what it brings - P(redeem) x offer - contact.

    What it brings is measured (--uplift) or a stated assumption (--saves), which is said wherever it shows, with the
    share from which on it pays. --out writes the list, its assignments with the hold-out, and whom each arm must not
    reach.

    Example: tenure target --scores out --uplift moved --offer voucher=0.6:15% --budget 500 --out list
    """
    from tenure.config_file import load_config
    from tenure.jobs.outputs import require_apart
    from tenure.jobs.target import target_job, write_list
    from tenure.output import show
    from tenure_decisions.campaigns.target_list import TargetSettings
    from tenure_serving.language import load_language

    settings = None if config is None else load_config(config, overrides={})
    require_apart(out, tuple(map(Path, without or ())), results=[config, scores, uplift])
    how = TargetSettings(
        campaign=name,
        budget=budget,
        saves=saves,
        holdout=holdout,
        seed=(settings.run.seed if settings else 0) if seed is None else seed,
    )
    drawn = target_job(
        settings, scores, uplift=uplift, offers=offer, settings=how, redeem=redeem, worth=worth, where=where,
        without=without or (),
    )  # fmt: skip
    spoken = load_language(language or ("en" if settings is None else settings.report.language))
    show("target", drawn.findings, out=out, as_json=json, language=spoken)
    if out is not None:
        for path in write_list(drawn, scores, out):
            typer.echo(f"Written: {path}", err=True)

"""The card of one customer, from the scores of a run, its model folder and the tables a configuration names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from tenure.config import Config
from tenure.jobs.campaign_results import known_results
from tenure.jobs.opening import open_configured_shop
from tenure_decisions.campaigns.results import CampaignResult
from tenure_features import Shop, orders
from tenure_features.reading.engine import fetch
from tenure_serving.card import CustomerCard
from tenure_serving.card.reader import build_from_scores, read_identity_rows
from tenure_serving.language import ENGLISH, Language
from tenure_serving.score_tables import read_scores

_CARD_TABLES = ("events", "feedback", "service_costs", "assignments", "order_lines")


def open_card(
    customer_id: str,
    scores: Path,
    *,
    config: Config | None = None,
    identities: Path | None = None,
    results: Path | None = None,
    language: Language = ENGLISH,
) -> CustomerCard:
    """Put the card of a customer together.

    Parameters
    ----------
    customer_id
        As the score table spells it.
    scores
        ``scores.parquet``, or the folder of a run; the maps and the playbook come from the ``model`` folder beside it.
    config
        Names the orders and the tables beside them; without it the card has no timeline and no experience.
    identities
        ``identity_map.parquet`` or its folder; None: the one beside the scores, if there is one.
    results
        File of what campaigns taught; None: that of the configuration.
    language
        Of every text.

    Raises
    ------
    UsageError
        The scores, the customer or the identity map are not there.
    DataContractError
        A table cannot be used.
    """
    scored = read_scores(scores)
    taught = known_results(config, as_of=scored.as_of, named=results)
    tables = None if config is None else customer_tables(config, customer_id, scored.as_of)
    return build_from_scores(
        customer_id,
        scored,
        tables=None if tables is None else with_outcomes(tables, taught),
        identities=read_identity_rows(identities, scored.path.parent),
        language=language,
    )


def with_outcomes(tables: dict[str, pd.DataFrame], taught: Sequence[CampaignResult]) -> dict[str, pd.DataFrame]:
    """Say beside every assignment of a customer what became of the arm, where that is known."""
    if "assignments" not in tables or not taught:
        return tables
    outcomes = pd.Series({(result.campaign, result.arm): result.outcome for result in taught}, name="outcome")
    joined = tables["assignments"].join(outcomes.rename_axis(["campaign", "arm"]), on=["campaign", "arm"])
    return {**tables, "assignments": joined}


def customer_tables(config: Config, customer_id: str, as_of: pd.Timestamp) -> dict[str, pd.DataFrame]:
    """Rows of one customer before the moment of the scores, from the orders and the tables beside them."""
    return customer_rows(open_configured_shop(config, only=_CARD_TABLES, as_of=as_of), customer_id)


def customer_rows(shop: Shop, customer_id: str) -> dict[str, pd.DataFrame]:
    """Rows of one customer in the orders and the tables beside them."""
    bought = orders(shop)
    mine = bought.filter(bought.customer_id == customer_id)
    tables = {"orders": fetch(mine)}
    for name, table in shop.tables.items():
        if name not in _CARD_TABLES:
            continue
        if name == "order_lines":
            tables[name] = fetch(table.rows.semi_join(mine, "order_id")).assign(customer_id=customer_id)
            continue
        tables[name] = fetch(table.rows.filter(table.rows.customer_id == customer_id))
    return tables

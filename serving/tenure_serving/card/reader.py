"""The card of one customer, read from the scores of a run and the model folder beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from tenure_features.errors import UsageError
from tenure_features.stored import Stored
from tenure_serving.card.card import CustomerCard, build_card
from tenure_serving.json_value import to_json_value
from tenure_serving.language import ENGLISH, Language
from tenure_serving.score_tables import Scores
from tenure_serving.segments import RfmMap, load_map, load_playbook
from tenure_serving.segments.maps import parse_map
from tenure_serving.segments.playbook import Playbook, parse_playbook
from tenure_training.models.after.economics import Economics

IDENTITY_MAP = "identity_map.parquet"


def build_from_scores(
    customer_id: str,
    scored: Scores,
    *,
    tables: Mapping[str, pd.DataFrame] | None = None,
    identities: pd.DataFrame | None = None,
    language: Language = ENGLISH,
) -> CustomerCard:
    """Put a card together from scores that were read and the customer's own rows of the tables."""
    rows = scored.table[scored.table["customer_id"].astype("str") == customer_id]
    if rows.empty:
        raise UsageError(
            f"Customer {customer_id!r} is not among the scored customers.",
            fix="Check the id; customers without an order before as_of are not scored.",
        )
    playbook, maps = _rules(scored)
    return build_card(
        {str(name): value for name, value in rows.iloc[0].items()},
        definitions=scored.definitions,
        currency=scored.currency,
        playbook=playbook,
        maps=maps,
        language=language,
        tables=tables,
        identities=identities,
        economics=read_economics(scored.path.parent),
    )


def card_json(card: CustomerCard) -> dict[str, Any]:
    """Return the card as JSON-ready values."""
    plain: dict[str, Any] = to_json_value(card.to_dict())
    return plain


def read_rules(folder: Path) -> Mapping[str, Any] | None:
    """Read the maps and the playbook of the model in a folder; None where there is no model."""
    file = folder / "model" / "segments.json"
    if not file.is_file():
        return None
    content: Mapping[str, Any] = json.loads(file.read_text("utf-8"))
    return content


def read_economics(folder: Path) -> Economics | None:
    """Read what the model in a folder knows of margin and cost to serve; None where there is no model."""
    stored = (read_rules(folder) or {}).get("if_buys")
    return None if stored is None else Economics.from_stored(Stored(stored["economics"], "segments.json"))


def _rules(scores: Scores) -> tuple[Playbook, tuple[RfmMap, RfmMap]]:
    stored = read_rules(scores.path.parent)
    if stored is None:
        return load_playbook(), (load_map("common_eleven"), load_map("relationship"))
    maps = parse_map(stored["group_map"]), parse_map(stored["relationship_map"])
    return parse_playbook(stored["playbook"]), maps


def read_identity_rows(place: Path | None, beside: Path) -> pd.DataFrame | None:
    """Read an identity map by its path or folder, else the one beside the scores; None where there is none."""
    if place is None:
        file = beside / IDENTITY_MAP
        return pd.read_parquet(file) if file.is_file() else None
    file = place / IDENTITY_MAP if place.is_dir() else place
    if not file.is_file():
        raise UsageError(f"There is no identity map {file}.", fix="Name the identity_map.parquet of a run.")
    return pd.read_parquet(file)

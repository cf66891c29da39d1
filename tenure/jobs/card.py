"""The card of one customer, from the scores of a run, its model folder and the tables a configuration names."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from tenure.config import Config
from tenure.jobs.opening import open_configured_shop
from tenure_features import Shop, orders
from tenure_features.errors import UsageError
from tenure_features.reading.engine import fetch
from tenure_serving.card import CustomerCard, build_card
from tenure_serving.card.experience import Experience
from tenure_serving.json_value import to_json_value
from tenure_serving.score_tables import Scores, read_scores
from tenure_serving.segments import RfmMap, load_map, load_playbook
from tenure_serving.segments.maps import parse_map
from tenure_serving.segments.playbook import Playbook, parse_playbook

_CARD_TABLES = ("events", "feedback", "service_costs", "assignments")
IDENTITY_MAP = "identity_map.parquet"


def open_card(
    customer_id: str,
    scores: Path,
    *,
    config: Config | None = None,
    identities: Path | None = None,
    language: str = "en",
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
    language
        Of the labels.

    Raises
    ------
    UsageError
        The scores, the customer or the identity map are not there.
    DataContractError
        A table cannot be used.
    """
    scored = read_scores(scores)
    return build_from_scores(
        customer_id,
        scored,
        tables=None if config is None else customer_tables(config, customer_id, scored.as_of),
        identities=_identity_rows(identities, scored.path.parent),
        language=language,
    )


def build_from_scores(
    customer_id: str,
    scored: Scores,
    *,
    tables: Mapping[str, pd.DataFrame] | None = None,
    identities: pd.DataFrame | None = None,
    language: str = "en",
) -> CustomerCard:
    """Put a card together from scores that were read and the customer's own rows of the tables; see `open_card`."""
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
    )


def card_json(card: CustomerCard) -> dict[str, Any]:
    """Return the card as JSON-ready values."""
    plain: dict[str, Any] = to_json_value(card.to_dict())
    return plain


def card_lines(card: CustomerCard) -> list[str]:
    """Tell the card to people, a section each; the page has the rest."""
    churn, value, group, rfm = card.churn, card.value, card.group, card.rfm
    money = f" {card.currency}".rstrip()
    lines = [
        f"Customer {card.customer_id} as of {card.as_of:%Y-%m-%d}, the next {card.horizon_days} days",
        f"  churn probability {churn['probability']:.0%}: {churn['definition']}",
        f"  expected value {value['expected']:,.2f}{money}{_range(value)}; "
        f"{value['money_at_risk']:,.2f}{money} at risk",
    ]
    if value["clv_before_cac"] is not None:
        net = "" if value["clv_net"] is None else f", {value['clv_net']:,.2f}{money} after it"
        lines.append(f"  CLV {value['clv_before_cac']:,.2f}{money} before acquisition cost{net}")
    if rfm["code"]:
        lines.append(f"  RFM {rfm['code']}: {rfm['group_label']}; {rfm['relationship_label']}")
    lines += ["", f"{group['label']}: {group['goal'] or 'no goal in the playbook'}"]
    lines += [f"  - {step}" for step in (group["next_step"], *group["next_steps"]) if step]
    for reasons, title in (
        (churn["reasons"], "Why they may leave or stay"),
        (value["reasons"], "Why they are worth that"),
    ):
        lines += ["", f"{title}:", *(f"  - {reason}" for reason in reasons)] if reasons else []
    lines += _experience(card.experience, money) if card.experience else []
    if card.identities:
        lines += ["", "Merged identities:"]
        lines += [
            f"  - {identity.source} {identity.source_id} ({identity.reason or 'alone'})" for identity in card.identities
        ]
    if len(card.timeline):
        lines += ["", f"Latest of {len(card.timeline)}:"]
        lines += [f"  {row.at:%Y-%m-%d}  {row.what}{_amount(row, money)}" for row in card.timeline.head(8).itertuples()]
    return lines


def _range(value: Mapping[str, Any]) -> str:
    if value["low"] is None or value["high"] is None:
        return ""
    return f" (80 % of such customers: {value['low']:,.2f} to {value['high']:,.2f})"


def _amount(row: Any, money: str) -> str:  # noqa: ANN401  # a named tuple of pandas
    return f" {row.amount:,.2f}{money}" if row.kind in {"order", "return"} else ""


def _experience(seen: Experience, money: str) -> list[str]:
    lines = [
        f"  {answer.kind.upper()} {answer.last:g} on {answer.last_at:%Y-%m-%d} ({answer.answers} answers)"
        for answer in seen.feedback
    ]
    if seen.complaints is not None:
        lines.append(f"  complaints: {seen.complaints}, tickets: {seen.tickets}")
    if seen.returns is not None:
        lines.append(f"  returns: {seen.returns}, {seen.returned_value or 0:,.2f}{money}")
    return ["", "Experience:", *lines] if lines else []


def rules_of(folder: Path) -> Mapping[str, Any] | None:
    """Read the maps and the playbook of the model in a folder; None where there is no model."""
    file = folder / "model" / "segments.json"
    if not file.is_file():
        return None
    content: Mapping[str, Any] = json.loads(file.read_text("utf-8"))
    return content


def _rules(scores: Scores) -> tuple[Playbook, tuple[RfmMap, RfmMap]]:
    stored = rules_of(scores.path.parent)
    if stored is None:
        return load_playbook(), (load_map("common_eleven"), load_map("relationship"))
    maps = parse_map(stored["group_map"]), parse_map(stored["relationship_map"])
    return parse_playbook(stored["playbook"]), maps


def customer_tables(config: Config, customer_id: str, as_of: pd.Timestamp) -> dict[str, pd.DataFrame]:
    """Rows of one customer before the moment of the scores, from the orders and the tables beside them."""
    return customer_rows(open_configured_shop(config, only=_CARD_TABLES, as_of=as_of), customer_id)


def customer_rows(shop: Shop, customer_id: str) -> dict[str, pd.DataFrame]:
    """Rows of one customer in the orders and the tables beside them."""
    bought = orders(shop)
    tables = {"orders": fetch(bought.filter(bought.customer_id == customer_id))}
    for name, table in shop.tables.items():
        if name not in _CARD_TABLES:
            continue
        tables[name] = fetch(table.rows.filter(table.rows.customer_id == customer_id))
    return tables


def _identity_rows(place: Path | None, beside: Path) -> pd.DataFrame | None:
    if place is None:
        file = beside / IDENTITY_MAP
        return pd.read_parquet(file) if file.is_file() else None
    file = place / IDENTITY_MAP if place.is_dir() else place
    if not file.is_file():
        raise UsageError(f"There is no identity map {file}.", fix="Name the identity_map.parquet of a run.")
    return pd.read_parquet(file)

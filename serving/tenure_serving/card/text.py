"""The card of one customer as text, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tenure_serving.card.card import CustomerCard
from tenure_serving.card.experience import Experience


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
        lines.append(f"  CLV {value['clv_before_cac']:,.2f}{money} before acquisition cost{_parts(value)}{net}")
    if rfm["code"]:
        lines.append(f"  RFM {rfm['code']}: {rfm['group_label']}; {rfm['relationship_label']}")
    lines += ["", f"{group['label']}: {group['goal'] or 'no goal in the playbook'}"]
    lines += [f"  - {step}" for step in (group["next_step"], *group["next_steps"]) if step]
    for reasons, title in (
        (churn["warnings"], "Warning signs"),
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


def _parts(value: Mapping[str, Any]) -> str:
    """Say what CLV is the sum of, with the interval of what is to come where it holds the mean."""
    past, low, mean, high = (
        value[name] for name in ("contribution_to_date", "clv_to_come_low", "clv_to_come", "clv_to_come_high")
    )
    if past is None or mean is None:
        return ""
    within = f", 80 %: {low:,.2f} to {high:,.2f}" if low is not None and low <= mean <= high else ""
    return f" ({past:,.2f} so far + {mean:,.2f} to come{within})"


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

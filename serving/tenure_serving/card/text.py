"""The card of one customer as text, for a terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tenure_serving.card.card import CustomerCard
from tenure_serving.card.experience import Experience
from tenure_serving.language import NO_CURRENCY, Language


def card_lines(card: CustomerCard) -> list[str]:
    """Tell the card to people, a section each; the page has the rest."""
    churn, value, group, rfm, say = card.churn, card.value, card.group, card.rfm, card.language.gettext
    lines = [
        say(
            "Customer {customer} as of {day}, the next {days} days",
            customer=card.customer_id,
            day=card.language.day(card.as_of),
            days=card.language.count(card.horizon_days),
        ),
        "  "
        + say(
            "churn probability {share}: {definition}",
            share=card.language.percent(churn["probability"]),
            definition=churn["definition"],
        ),
        "  " + _worth(card),
    ]
    lines += [*_if_buys(card), *_clv(card)]
    if rfm["code"]:
        lines.append(f"  RFM {rfm['code']}: {rfm['group_label']}; {rfm['relationship_label']}")
    lines += ["", f"{group['label']}: {group['goal'] or say('no goal in the playbook')}"]
    lines += [f"  - {step}" for step in (group["next_step"], *group["next_steps"]) if step]
    personal = card.personal.words(card.language, card.currency)
    lines += [f"  {say('For this customer')}: {'; '.join(personal)}"] if personal else []
    for reasons, title in (
        (churn["warnings"], say("Warning signs")),
        (churn["reasons"], say("Why they may leave or stay")),
        (value["reasons"], say("Why they are worth that")),
    ):
        lines += ["", f"{title}:", *(f"  - {reason}" for reason in reasons)] if reasons else []
    lines += _experience(card.experience, card) if card.experience else []
    if card.identities:
        lines += ["", say("Merged identities:")]
        lines += [
            f"  - {identity.source} {identity.source_id} ({card.language.translate(identity.reason or 'alone')})"
            for identity in card.identities
        ]
    unsaid = [] if card.currency else ["", card.language.gettext(NO_CURRENCY)]
    return [*lines, *_latest(card), *unsaid]


def _latest(card: CustomerCard) -> list[str]:
    if card.timeline.empty:
        return []
    title = card.language.gettext("Latest of {count}:", count=card.language.count(len(card.timeline)))
    rows = card.timeline.head(8).itertuples()
    return ["", title, *(f"  {card.language.day(row.at)}  {row.what}{_amount(row, card)}" for row in rows)]


def _money(amount: float, card: CustomerCard) -> str:
    return card.language.exact_money(amount, card.currency)


def _worth(card: CustomerCard) -> str:
    value = card.value
    return card.language.gettext(
        "expected value {value}{interval}; {at_risk} at risk",
        value=_money(value["expected"], card),
        interval=_range(value, card.language),
        at_risk=_money(value["money_at_risk"], card),
    )


def _if_buys(card: CustomerCard) -> list[str]:
    value, language = card.value, card.language
    if value["nothing"] is None:
        return []
    sentence = language.gettext(
        "buys nothing with {share}; if they buy, {low} to {high} (80 %)",
        share=language.percent(value["nothing"]),
        low=language.exact_money(value["if_buys_low"], ""),
        high=language.exact_money(value["if_buys_high"], card.currency),
    )
    return [f"  {sentence}"]


def _clv(card: CustomerCard) -> list[str]:
    value, say = card.value, card.language.gettext
    if value["clv_before_cac"] is None:
        return []
    before = say("CLV {amount} before acquisition cost", amount=_money(value["clv_before_cac"], card))
    after = "" if value["clv_net"] is None else say(", {amount} after it", amount=_money(value["clv_net"], card))
    return [f"  {before}{_parts(card)}{after}"]


def _range(value: Mapping[str, Any], language: Language) -> str:
    if value["low"] is None or value["high"] is None:
        return ""
    low, high = (language.exact_money(value[end], "") for end in ("low", "high"))
    return language.gettext(" (80 % of such customers: {low} to {high})", low=low, high=high)


def _parts(card: CustomerCard) -> str:
    """Say what CLV is the sum of, with the interval of what is to come where it holds the mean."""
    say, language, names = card.language.gettext, card.language, ("clv_to_come_low", "clv_to_come", "clv_to_come_high")
    past, (low, mean, high) = card.value["contribution_to_date"], (card.value[name] for name in names)
    if past is None or mean is None:
        return ""
    past, low, mean, high = (
        None if part is None else language.exact_money(part, "") for part in (past, low, mean, high)
    )
    if low is not None and card.value[names[0]] <= card.value[names[1]] <= card.value[names[2]]:
        return say(" ({past} so far + {rest} to come, 80 %: {low} to {high})", past=past, rest=mean, low=low, high=high)
    return say(" ({past} so far + {rest} to come)", past=past, rest=mean)


def _amount(row: Any, card: CustomerCard) -> str:  # noqa: ANN401  # a named tuple of pandas
    return f" {_money(row.amount, card)}" if row.kind in {"order", "return"} else ""


def _experience(seen: Experience, card: CustomerCard) -> list[str]:
    language = card.language
    lines = [
        "  "
        + language.ngettext(
            "{kind} {score} on {day} ({count} answer)",
            "{kind} {score} on {day} ({count} answers)",
            answer.answers,
            kind=answer.kind.upper(),
            score=language.number(answer.last),
            day=language.day(answer.last_at),
        )
        for answer in seen.feedback
    ]
    if seen.complaints is not None:
        line = language.gettext(
            "complaints: {complaints}, tickets: {tickets}", complaints=seen.complaints, tickets=seen.tickets
        )
        lines.append(f"  {line}")
    if seen.returns is not None:
        money = _money(seen.returned_value or 0, card)
        lines.append("  " + language.gettext("returns: {returns}, {money}", returns=seen.returns, money=money))
    return ["", language.gettext("Experience:"), *lines] if lines else []

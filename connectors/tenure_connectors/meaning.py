"""What the status of a row means, in every system the same few words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["sale", "open", "cancelled", "lost", "failed", "refunded", "test"]

OUTCOMES: dict[Kind, tuple[str, str]] = {
    "sale": ("sales", "продажи"),
    "refunded": ("sales given back", "возвращённые продажи"),
    "open": ("not sales yet: left out", "ещё не продажи: не учтены"),
    "cancelled": ("cancelled: left out", "отменены: не учтены"),
    "lost": ("lost deals: left out", "проигранные сделки: не учтены"),
    "failed": ("payments that failed: left out", "несостоявшиеся платежи: не учтены"),
    "test": ("tests: left out", "тестовые: не учтены"),
}
"""What happens to rows of a kind, in English and Russian."""

SALES: tuple[Kind, ...] = ("sale", "refunded")


@dataclass(frozen=True, kw_only=True)
class Meaning:
    """What a status of a system means.

    Attributes
    ----------
    kind
        What becomes of the row.
    english, russian
        How it would be said.
    """

    kind: Kind
    english: str
    russian: str


def _mean(kind: Kind, english: str, russian: str) -> Meaning:
    return Meaning(kind=kind, english=english, russian=russian)


SALE = _mean("sale", "a sale", "продажа")
UNDECIDED = _mean("open", "not paid or not decided yet", "ещё не оплачено или не решено")
CANCELLED = _mean("cancelled", "cancelled", "отменён")
LOST = _mean("lost", "a lost deal", "проигранная сделка")
FAILED = _mean("failed", "the payment failed", "платёж не прошёл")
REFUNDED = _mean("refunded", "sold, and given back", "продано и возвращено")
TEST = _mean("test", "a test", "тест")

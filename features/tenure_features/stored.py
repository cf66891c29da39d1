"""Values read from a file that anybody may have written: each is taken by what it must be, or refused by its place."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import NoReturn

from tenure_features.errors import DataContractError

MOST_NUMBER = 1e30
"""Numbers beyond this are nobody's money, days or log-odds."""

MOST_JSON_BYTES = 8_000_000
_MOST_TEXT = 2_000
MOST_ITEMS = 10_000
_SHOWN = 60
_DEEPEST = 20
_MOMENT = re.compile(r"(?:1[6-9]|20|21)\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?", re.ASCII)


@dataclass(frozen=True)
class Stored:
    """A value of a JSON file, and the place it stands at.

    Nothing in it is trusted: a method says what the value must be and gives it back as that, or raises
    `DataContractError` with the place and what was found there.

    Attributes
    ----------
    value
        As JSON gave it.
    place
        File and path inside, for messages.

    Examples
    --------
    >>> saved = Stored({"days": 30, "weights": [0.5, 0.5]}, "model.json").fields("days", "weights")
    >>> saved["days"].whole(1, 365), saved["weights"].numbers(count=2)
    (30, [0.5, 0.5])
    >>> saved["days"].text()
    Traceback (most recent call last):
    ...
    tenure_features.errors.DataContractError: A stored value is not what it must be. Found: ...
    """

    value: object
    place: str

    @property
    def missing(self) -> bool:
        """Whether null stands here."""
        return self.value is None

    def refuse(self, wanted: str) -> NoReturn:
        """Raise `DataContractError`, saying what must stand here and what does."""
        shown = repr(self.value)
        raise DataContractError(
            "A stored value is not what it must be.",
            found=f"{self.place} is {shown[:_SHOWN] + '...' if len(shown) > _SHOWN else shown}; it must be {wanted}",
            fix="Take an untouched copy, or train again: a bundle is never edited.",
        )

    def number(self, low: float = -MOST_NUMBER, high: float = MOST_NUMBER) -> float:
        """Take a finite number within [low, high]."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
            self.refuse(f"a number from {low:g} to {high:g}")
        return float(value)

    def whole(self, low: int, high: int) -> int:
        """Take a whole number within [low, high]."""
        value = self.value
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.refuse(f"a whole number from {low} to {high}")
        return value

    def flag(self) -> bool:
        """Take true or false."""
        if not isinstance(self.value, bool):
            self.refuse("true or false")
        return self.value

    def text(self, *, most: int = _MOST_TEXT, least: int = 0) -> str:
        """Take a text of so many characters, none of them a control character but line ends and tabs."""
        value = self.value
        if not isinstance(value, str) or not least <= len(value) <= most:
            self.refuse(f"a text of {least} to {most} characters")
        if any(not (letter.isprintable() or letter in "\n\t") for letter in value):
            self.refuse("a printable text")
        return value

    def moment(self) -> dt.datetime:
        """Take a moment as ``isoformat`` writes it, in UTC without saying so."""
        match = _MOMENT.fullmatch(self.text(most=40))
        try:
            return dt.datetime.fromisoformat(match[0]) if match else self.refuse("a moment such as 2024-06-01T00:00:00")
        except ValueError:
            self.refuse("a moment there is")

    def one_of(self, options: Collection[str]) -> str:
        """Take one of several words."""
        if not isinstance(self.value, str) or self.value not in options:
            self.refuse(f"one of {', '.join(options)}")
        return self.value

    def items(self, *, most: int = MOST_ITEMS, least: int = 0) -> list[Stored]:
        """Take a list of so many items."""
        if not isinstance(self.value, list) or not least <= len(self.value) <= most:
            self.refuse(f"a list of {least} to {most} items")
        return [Stored(value, f"{self.place}[{number}]") for number, value in enumerate(self.value)]

    def texts(self, *, most: int = MOST_ITEMS) -> tuple[str, ...]:
        """Take a list of texts, each once."""
        texts = tuple(item.text(most=200, least=1) for item in self.items(most=most))
        if len(set(texts)) < len(texts):
            self.refuse("a list of different names")
        return texts

    def numbers(
        self,
        *,
        count: int | None = None,
        low: float = -MOST_NUMBER,
        high: float = MOST_NUMBER,
        rising: bool = False,
    ) -> list[float]:
        """Take a list of finite numbers within [low, high], of a given length, never falling if ``rising``."""
        least, most = (0, MOST_ITEMS) if count is None else (count, count)
        values = [item.number(low, high) for item in self.items(least=least, most=most)]
        if rising and any(later < earlier for earlier, later in pairwise(values)):
            self.refuse("a list of numbers that never falls")
        return values

    def read_named(self, *, most: int = MOST_ITEMS) -> dict[str, Stored]:
        """Take an object whose keys are names of the writer's choice."""
        if not isinstance(self.value, dict) or len(self.value) > most:
            self.refuse(f"an object of at most {most} entries")
        keys = [Stored(key, f"a key of {self.place}").text(most=200, least=1) for key in self.value]
        return {key: Stored(self.value[key], f"{self.place}: {key}") for key in keys}

    def fields(self, *names: str, optional: Collection[str] = ()) -> dict[str, Stored]:
        """Take an object with exactly these keys; the optional ones may be absent."""
        if not isinstance(self.value, dict):
            self.refuse(f"an object with {', '.join(names)}")
        missing = [name for name in names if name not in self.value]
        strange = [str(key)[:_SHOWN] for key in self.value if key not in names and key not in optional]
        if missing or strange:
            what = [*(f"no {name}" for name in missing), *(f"an unknown {key!r}" for key in strange[:3])]
            raise DataContractError(
                "A stored object does not have the fields it must have.",
                found=f"{self.place}: {', '.join(what)}",
                fix="Use the version of tenure that wrote it, or train again.",
            )
        return {name: Stored(value, f"{self.place}: {name}") for name, value in self.value.items()}


def parse_stored(content: bytes, place: str) -> Stored:
    """Parse JSON, strictly: numbers are finite, nothing is nested deeper than a model needs.

    Raises
    ------
    DataContractError
        It is not JSON, or not such JSON.
    """

    def finite(word: str) -> float:
        number = float(word)
        if not math.isfinite(number):
            raise ValueError(f"{word} is no finite number")
        return number

    try:
        value = json.loads(content.decode("utf-8"), parse_constant=finite, parse_float=finite)
    except (ValueError, RecursionError) as error:
        raise DataContractError(f"The file {place} is not JSON.", found=str(error)[:200]) from error
    if _depth(value) > _DEEPEST:
        raise DataContractError(f"The file {place} is nested too deeply.", found=f"more than {_DEEPEST} levels")
    return Stored(value, place)


def read_stored(path: Path) -> Stored:
    """Read a JSON file that is no larger than a model needs.

    Raises
    ------
    DataContractError
        There is no such file, it is too large, or not JSON.
    """
    return parse_stored(read_limited(path, most=MOST_JSON_BYTES), path.name)


def read_limited(path: Path, *, most: int) -> bytes:
    """Read a file of at most so many bytes; `DataContractError` where it is larger or is not there."""
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise DataContractError(f"The file {path.name} cannot be read.", found=str(error.strerror)) from error
    if len(content) > most:
        raise DataContractError(f"The file {path.name} is too large.", found=f"more than {most:,} bytes")
    return content


def _depth(value: object) -> int:
    level, depth = [value], 0
    while level and depth <= _DEEPEST:
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
        depth += 1
    return depth


def positive(stored: Stored) -> float:
    """Take a positive number of a size that a fit can come to."""
    return stored.number(1e-18, 1e18)


def logarithm(stored: Stored) -> float:
    """Take a logarithm or a log-odds: beyond a hundred either way there is nothing to tell."""
    return stored.number(-100.0, 100.0)

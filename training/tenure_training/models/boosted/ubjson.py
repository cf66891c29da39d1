"""Universal Binary JSON, the part of it that XGBoost writes: read strictly, with nothing left to interpretation."""

from __future__ import annotations

import struct
from typing import Any, NoReturn

import numpy as np

from tenure_features.errors import DataContractError

_DEEPEST = 12
_MOST_KEYS = 64
_MOST_TEXT = 1_000_000

_INTEGERS = {b"i": ">i1", b"U": ">u1", b"I": ">i2", b"l": ">i4", b"L": ">i8"}
_NUMBERS = {**_INTEGERS, b"d": ">f4", b"D": ">f8"}


class UbjsonReader:
    r"""A cursor over the bytes of one document.

    Parameters
    ----------
    content
        The whole document.
    place
        Name of the file, for messages.

    Examples
    --------
    >>> UbjsonReader(b"{L" + bytes(7) + b"\x01ai\x07}", "a.ubj").document()
    {'a': 7}
    """

    def __init__(self, content: bytes, place: str) -> None:
        self._content, self._place, self._at = content, place, 0

    def document(self) -> dict[str, Any]:
        """Read one object that takes all the bytes.

        Raises
        ------
        DataContractError
            The bytes are anything else.
        """
        if self._take(1) != b"{":
            self._refuse("does not begin with an object")
        value = self._object(0)
        if self._at != len(self._content):
            self._refuse("goes on behind its end")
        return value

    def _value(self, depth: int) -> Any:  # noqa: ANN401  # whatever stands there
        if depth > _DEEPEST:
            self._refuse("is nested too deeply")
        kind = self._take(1)
        if kind == b"{":
            return self._object(depth)
        if kind == b"[":
            return self._array(depth)
        if kind == b"S":
            return self._text()
        if kind not in _NUMBERS:
            self._refuse(f"has a value of the unknown kind {kind!r}")
        return self._numbers(kind, 1)[0].item()

    def _object(self, depth: int) -> dict[str, Any]:
        out: dict[str, Any] = {}
        while self._content[self._at : self._at + 1] != b"}":
            name = self._text()
            if name in out or len(out) == _MOST_KEYS:
                self._refuse(f"has the key {name[:40]!r} twice, or too many keys")
            out[name] = self._value(depth + 1)
        self._at += 1
        return out

    def _array(self, depth: int) -> Any:  # noqa: ANN401  # an array of numbers, or a list
        mark = self._take(1)
        if mark == b"$":
            kind = self._take(1)
            if kind not in _NUMBERS or self._take(1) != b"#":
                self._refuse("has an array of an unknown kind")
            return self._numbers(kind, self._length())
        if mark != b"#":
            self._refuse("has a list without a length")
        return [self._value(depth + 1) for _ in range(self._length())]

    def _numbers(self, kind: bytes, count: int) -> np.ndarray:
        form = np.dtype(_NUMBERS[kind])
        return np.frombuffer(self._take(count * form.itemsize), dtype=form)

    def _text(self) -> str:
        length = self._length()
        if length > _MOST_TEXT:
            self._refuse("has a text that is too long")
        try:
            return self._take(length).decode("utf-8")
        except UnicodeDecodeError:
            self._refuse("has a text that is not UTF-8")

    def _length(self) -> int:
        if self._take(1) != b"L":
            self._refuse("has a length of an unknown kind")
        (length,) = struct.unpack(">q", self._take(8))
        if not 0 <= length <= len(self._content) - self._at:
            self._refuse("is shorter than it says")
        return int(length)

    def _take(self, count: int) -> bytes:
        taken = self._content[self._at : self._at + count]
        if len(taken) < count:
            self._refuse("ends too early")
        self._at += count
        return taken

    def _refuse(self, what: str) -> NoReturn:
        raise DataContractError(
            f"The booster in {self._place} is damaged.",
            found=f"it {what}, at byte {self._at}",
            fix="Take an untouched copy, or train again: a bundle is never edited.",
        )

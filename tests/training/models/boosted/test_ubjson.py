"""Universal Binary JSON is read to the last byte, and refused one step beyond each of its limits."""

from __future__ import annotations

import struct

import pytest

from tenure_features.errors import DataContractError
from tenure_training.models.boosted.ubjson import UbjsonReader


def length(number: int) -> bytes:
    return b"L" + struct.pack(">q", number)


def text(value: bytes) -> bytes:
    return length(len(value)) + value


def read(content: bytes) -> dict[str, object]:
    return UbjsonReader(content, "b.ubj").document()


def test_ubjson__reads_every_kind_that_xgboost_writes() -> None:
    numbers = {b"i": b"\xff", b"U": b"\xff", b"I": b"\xff\xfe", b"l": b"\0\0\1\0", b"d": struct.pack(">f", 0.5)}
    numbers[b"D"] = struct.pack(">d", -2.25)
    content = b"".join(text(kind) + kind + value for kind, value in numbers.items())
    content += text(b"list") + b"[#" + length(2) + b"S" + text("\u00e9".encode()) + b"{}"
    content += text(b"array") + b"[$I#" + length(2) + b"\0\1\1\0"
    found = read(b"{" + content + b"}")
    assert found.pop("array").tolist() == [1, 256]
    assert found == {"i": -1, "U": 255, "I": -2, "l": 256, "d": 0.5, "D": -2.25, "list": ["\u00e9", {}]}


def test_ubjson__takes_texts_of_up_to_a_million_bytes() -> None:
    assert len(read(b"{" + text(b"a") + b"S" + text(b"x" * 1_000_000) + b"}")["a"]) == 1_000_000
    with pytest.raises(DataContractError, match="a text that is too long, at byte 21"):
        read(b"{" + text(b"a") + b"S" + text(b"x" * 1_000_001) + b"}")


def test_ubjson__takes_objects_of_up_to_64_keys_and_12_levels() -> None:
    keys = [text(f"k{number}".encode()) + b"U\0" for number in range(65)]
    assert len(read(b"{" + b"".join(keys[:64]) + b"}")) == 64
    with pytest.raises(DataContractError, match="'k64' twice, or too many keys"):
        read(b"{" + b"".join(keys) + b"}")
    deep = [b"{" + (text(b"a") + b"{") * levels + b"}" * (levels + 1) for levels in (12, 13)]
    assert set(read(deep[0])) == {"a"}
    with pytest.raises(DataContractError, match="nested too deeply"):
        read(deep[1])


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"{l\0\0\0\1a", "a length of an unknown kind, at byte 2"),
        (b"{" + text(b"a") + b"D\0\0", "ends too early, at byte 12"),
        (b"{" + text(b"a") + b"S" + length(3) + b"xy", "shorter than it says, at byte 21"),
        (b"{" + text(b"a") + b"S" + length(-1), "shorter than it says, at byte 21"),
        (b"{" + text(b"a") + b"S" + text(b"\xff") + b"}", "a text that is not UTF-8, at byte 22"),
        (b"{" + text(b"a") + b"T}", "a value of the unknown kind b'T', at byte 12"),
        (b"{" + text(b"a") + b"[U\0]}", "a list without a length, at byte 13"),
        (b"{" + text(b"a") + b"[$S#" + length(1), "an array of an unknown kind, at byte 14"),
        (b"{" + text(b"a") + b"[$U$" + length(1), "an array of an unknown kind, at byte 15"),
        (b"{" + text(b"a") + b"U\0", "ends too early|a length of an unknown kind"),
    ],
    ids=range(10),
)
def test_ubjson__says_what_is_wrong_and_where(content: bytes, problem: str) -> None:
    with pytest.raises(DataContractError, match=problem):
        read(content)

"""A stored value is what it must be, or is refused with its place."""

from __future__ import annotations

import pytest

from tenure_features.errors import DataContractError
from tenure_features.stored import Stored, parse_stored, read_stored


def at(value: object) -> Stored:
    return Stored(value, "a.json: b")


@pytest.mark.parametrize(
    ("take", "refused"),
    [
        (lambda stored: stored.number(0, 1), [None, True, "1", 1.01, -0.01, float("nan"), float("inf"), 10**400, []]),
        (lambda stored: stored.whole(0, 9), [None, False, 1.0, "1", 10, -1, 2**63]),
        (lambda stored: stored.flag(), [None, 0, 1, "true"]),
        (lambda stored: stored.text(most=3, least=1), [None, 1, "", "abcd", "a\x00", "a\x1b["]),
        (lambda stored: stored.one_of(["net", "drop"]), [None, "", "Net", 1, ["net"], {}]),
        (lambda stored: stored.items(most=2, least=1), [None, [], [1, 2, 3], {"a": 1}, "ab"]),
        (lambda stored: stored.numbers(count=2, rising=True), [[1], [1, 2, 3], [2, 1], [1, "2"], [1, None]]),
        (lambda stored: stored.texts(), [["a", "a"], [1], [""], "ab"]),
        (lambda stored: stored.read_named(most=1), [None, [], {"a": 1, "b": 2}, {"": 1}, {"\x00": 1}]),
        (lambda stored: stored.fields("a", optional=["b"]), [None, {}, {"b": 1}, {"a": 1, "c": 1}, {"a": 1, 2: 1}]),
    ],
)
def test_stored__refuses_everything_else(take, refused):
    for value in refused:
        with pytest.raises(DataContractError, match=r"a\.json: b"):
            take(at(value))


def test_stored__gives_values_back_as_what_they_are():
    assert at(1).number(0, 1) == 1.0
    assert at(9).whole(0, 9) == 9
    assert at(False).flag() is False
    assert at("line\n").text() == "line\n"
    assert at([1, 1, 2.5]).numbers(rising=True) == [1.0, 1.0, 2.5]
    assert at({"a": 1}).fields("a", optional=["b"])["a"].place == "a.json: b: a"
    assert at([[3]]).items()[0].items()[0].place == "a.json: b[0][0]"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b'{"a": NaN}', b'{"a": Infinity}', b'{"a": 1e999}', b"[" * 100_000, b"[" * 30 + b"]" * 30],
    ids=["empty", "open", "not utf-8", "nan", "infinity", "overflow", "endless", "deep"],
)
def test_parse_stored__refuses_what_is_no_json_or_no_such_json(content):
    with pytest.raises(DataContractError, match=r"The file a\.json is"):
        parse_stored(content, "a.json")


def test_read_stored__refuses_a_file_that_is_too_large_or_not_there(tmp_path):
    (tmp_path / "a.json").write_bytes(b" " * 8_000_001)
    with pytest.raises(DataContractError, match="too large"):
        read_stored(tmp_path / "a.json")
    with pytest.raises(DataContractError, match="cannot be read"):
        read_stored(tmp_path / "b.json")

"""Phone numbers to E.164: by Google's rules (`phonenumbers`), which most numbers can be held against all at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import ibis.expr.types as ir
import phonenumbers
import pyarrow as pa
import pyarrow.compute as pc
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberFormat

_TYPES = (
    "fixed_line", "mobile", "toll_free", "premium_rate", "shared_cost", "personal_number", "voip", "pager", "uan",
    "voicemail",
)  # fmt: skip
SHORTEST = 7
"""Digits of a national number; shorter ones are extensions and service numbers, which nobody owns."""

WORTH_TRYING = 200
"""Numbers of one country code from which matching them all at once pays."""

Texts = Any
"""A pyarrow array of texts; pyarrow ships no types."""


def compact_phone(text: ir.StringValue) -> ir.StringValue:
    """Take off what stands between digits and means nothing, so that fewer distinct numbers are left to parse.

    Examples
    --------
    >>> import ibis
    >>> from tenure_features.reading.engine import evaluate
    >>> evaluate(compact_phone(ibis.literal("+49 (0)151/123 45-67"))), evaluate(compact_phone(ibis.literal("1 ext. 2")))
    ('+4901511234567', '1 ext. 2')
    """
    bare = text.re_replace(r"[\s().\-/]", "")
    return bare.re_search(r"^\+?[0-9]+$").ifelse(bare, text.strip())


def to_e164(numbers: Texts, *, default_region: str | None) -> Texts:
    """Write phone numbers in E.164; null where a text cannot be one.

    Equal to ``phonenumbers.parse`` on every number, kept where its length is possible in its country: the same digits
    mean the same person also in a range that was given out after the rules were written. Where many numbers begin
    alike and the rules of their country leave no doubt how to read them, they are held against its patterns in one
    go; the others are parsed one by one (about 25,000 in a second).

    Parameters
    ----------
    numbers
        Distinct texts, best from `compact_phone`.
    default_region
        Region of numbers without a country code; None: they are no numbers.

    Examples
    --------
    >>> to_e164(pa.array(["015112345678", "+4915112345678", "12"]), default_region="DE").to_pylist()
    ['+4915112345678', '+4915112345678', None]
    """
    left = pa.table({"at": pa.array(range(len(numbers)), pa.int64()), "number": numbers.cast(pa.string())})
    written = []
    for plan in _plans(left["number"], default_region):
        national = plan.national(left["number"])
        fits = plan.fits(national)
        e164 = pc.binary_join_element_wise(f"+{plan.code}", national.filter(fits), "")
        written.append(pa.table({"at": left["at"].filter(fits), "e164": e164}))
        left = left.filter(pc.invert(fits))
    parsed = pa.array([_parse(text, default_region) for text in left["number"].to_pylist()], pa.string())
    written.append(pa.table({"at": left["at"], "e164": parsed}))
    return pa.concat_tables(written).sort_by("at")["e164"].combine_chunks()


def _parse(text: str | None, default_region: str | None) -> str | None:
    try:
        number = phonenumbers.parse(text or "", default_region)
    except phonenumbers.NumberParseException:
        return None
    possible = phonenumbers.is_possible_number_with_reason(number) == phonenumbers.ValidationResult.IS_POSSIBLE
    if not possible or len(phonenumbers.national_significant_number(number)) < SHORTEST:
        return None
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


@dataclass(frozen=True)
class _Rule:
    """What a national number of some type looks like: a pattern, and the lengths it may have (any when empty)."""

    pattern: str
    lengths: tuple[int, ...]

    def holds(self, national: Texts) -> Texts:
        matches = pc.match_substring_regex(national, f"^(?:{self.pattern})$")
        if not self.lengths:
            return matches
        lengths = pa.array(self.lengths, pa.int32())
        return pc.and_(matches, pc.is_in(pc.utf8_length(national), value_set=lengths))


@dataclass(frozen=True, kw_only=True)
class _Plan:
    """How numbers with one beginning are read, where that is beyond doubt.

    Attributes
    ----------
    code
        The country's calling code.
    prefix
        What is cut off.
    general
        The rule of all its national numbers.
    types
        The rules of landlines, mobiles and so on; a valid number fulfils one of them.
    doubtful
        Beginnings of what is left that make `phonenumbers` cut off more.
    """

    code: int
    prefix: str
    general: _Rule
    types: tuple[_Rule, ...]
    doubtful: tuple[str, ...]

    def national(self, numbers: Texts) -> Texts:
        """Cut the prefix off; an empty text where a number does not begin with it."""
        begins = pc.starts_with(numbers, self.prefix)
        return pc.if_else(begins, pc.utf8_slice_codeunits(numbers, len(self.prefix)), "")

    def fits(self, national: Texts) -> Texts:
        """Tell which national numbers are valid and read without doubt."""
        valid = pa.nulls(len(national), pa.bool_()).fill_null(False)
        for rule in self.types:
            valid = pc.or_(valid, rule.holds(national))
        valid = pc.and_(valid, self.general.holds(national))
        valid = pc.and_(valid, pc.greater_equal(pc.utf8_length(national), SHORTEST))
        for pattern in self.doubtful:
            valid = pc.and_(valid, pc.invert(pc.match_substring_regex(national, f"^(?:{pattern})")))
        return valid


def _plans(numbers: Texts, default_region: str | None) -> Iterator[_Plan]:
    if len(numbers) < WORTH_TRYING:
        return
    for code, regions in COUNTRY_CODE_TO_REGION_CODE.items():
        if regions[0] != "001" and pc.sum(pc.starts_with(numbers, f"+{code}")).as_py() >= WORTH_TRYING:
            yield from _plan(regions[0], f"+{code}")
    if default_region is None:
        return
    code = phonenumbers.country_code_for_region(default_region)
    if COUNTRY_CODE_TO_REGION_CODE[code][0] != default_region:
        return  # such as CA, whose numbers are told from those of US by their first digits
    metadata = _metadata(default_region)
    abroad, inland = metadata.international_prefix or "", metadata.national_prefix_for_parsing or ""
    if abroad.isdigit():
        yield from _plan(default_region, f"{abroad}{code}")
    # The code must not be a way to read an inland number, nor the prefix more than the digits it says.
    if inland.isdigit() and abroad.isdigit() and not str(code).startswith(inland):
        yield from _plan(default_region, inland, also_doubtful=(abroad.removeprefix(inland),))


@cache
def _plan(region: str, prefix: str, *, also_doubtful: tuple[str, ...] = ()) -> tuple[_Plan, ...]:
    """Plan for one beginning of a country's numbers; none where its rules rewrite numbers or share the code."""
    metadata = _metadata(region)
    if metadata.national_prefix_transform_rule or metadata.leading_digits:
        return ()
    described = [getattr(metadata, name) for name in _TYPES]
    types = tuple(
        _rule(description)
        for description in described
        if description is not None and description.national_number_pattern
    )
    again = metadata.national_prefix_for_parsing
    doubtful = ("0", *also_doubtful, *((again,) if again else ()))  # leading zeros follow rules of their own
    return (
        _Plan(
            code=metadata.country_code,
            prefix=prefix,
            general=_rule(metadata.general_desc),
            types=types,
            doubtful=doubtful,
        ),
    )


def _metadata(region: str) -> Any:  # noqa: ANN401  # supported regions have metadata, their parts are optional
    return PhoneMetadata.metadata_for_region(region)


def _rule(described: Any) -> _Rule:  # noqa: ANN401  # phonenumbers' descriptions
    return _Rule(described.national_number_pattern, tuple(described.possible_length))

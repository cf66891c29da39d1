"""From what files hold to what contracts promise: ids, moments, numbers and flags; what cannot be read is null."""

from __future__ import annotations

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir

from tenure_features.reading.engine import spoken_by
from tenure_features.reading.spark import java_format

MISSING_WORDS = ("nan", "none", "null", "nat")
"""Words that mean a missing value in exports of pandas and databases, lower case. DuckDB joins against longer lists."""

# Most texts need no repair; one look with a regular expression costs a sixth of repairing all of them.
_UNTIDY = r"^\s|\s$|^(?i:nan|none|null|nat)?$"
_UNTIDY_ID = _UNTIDY + r"|\.0+$"

_CURRENCY = (
    r"(?i:руб(лей|ля|ль)?\.?|р\.|грн\.?|тг\.?|zł|kč|kr\.?|ft|лв\.?|us|r)?[\p{Sc}]|"
    r"[A-Z]{3}|(?i:руб(лей|ля|ль)?\.?|р\.|грн\.?|тг\.?|zł|kč|kr\.?|ft|лв\.?)\s*$"
)
_NUMBER_NOISE = r"[\s\x{00A0}\x{2009}\x{202F}'’]"
_MINUS = r"^[\x{2212}\x{2013}]"
_IN_BRACKETS = r"^\(.*\)$"
_MINUS_BEHIND = r"^[\d.,]+-$"
_THOUSANDS_COMMA = r"^[-+]?\d{1,3}(,\d{3})+(\.\d+)?$"
_THOUSANDS_DOT = r"^[-+]?\d{1,3}(\.\d{3})*,\d{1,2}$|^[-+]?\d{1,3}(\.\d{3}){2,}$"
_DECIMAL_COMMA = r"^[-+]?\d+,\d+$"

_OFFSET = r"\s[+-]\d{2}(:?\d{2})?$|[+-]\d{4}$"
_MONTHS = {
    "Jan": "янв|jan|jän", "Feb": "фев|feb", "Mar": "мар|mar|mär", "Apr": "апр|apr", "May": "май|мая|may|mai",
    "Jun": "июн|jun", "Jul": "июл|jul", "Aug": "авг|aug", "Sep": "сен|sep", "Oct": "окт|oct|okt", "Nov": "ноя|nov",
    "Dec": "дек|dec|dez",
}  # fmt: skip
"""How months begin in English, Russian and German."""
EPOCH = "%s"
"""Stands among formats for numbers of seconds, milliseconds or microseconds since 1970."""


@ibis.udf.scalar.builtin(name="try_strptime")
def _try_strptime(text: str, formats: dt.Array[dt.string]) -> dt.Timestamp(scale=6):  # type: ignore[valid-type]
    """DuckDB: the first format that fits, or null."""


@ibis.udf.scalar.builtin(name="try_to_timestamp")
def _try_to_timestamp(text: str, form: str) -> dt.Timestamp(scale=6):  # type: ignore[valid-type]
    """Spark: the moment, or null where the format does not fit."""


def as_id(column: ir.Value) -> ir.StringValue:
    """Read an identifier as text: trimmed, whole numbers without ``.0``, missing words as null.

    Examples
    --------
    >>> import ibis
    >>> from tenure_features.reading.engine import evaluate
    >>> evaluate(as_id(ibis.literal(17850.0))), evaluate(as_id(ibis.literal(" 00042 ")))
    ('17850', '00042')
    """
    kind = column.type()
    if kind.is_floating():
        whole = (column == column.floor()) & (column.abs() < 2**53)
        number = whole.ifelse(column.cast("decimal(38, 0)").cast("string"), column.cast("string"))
        return column.isnan().ifelse(None, number)
    text = column if kind.is_string() else column.cast("string")
    return is_untidy_id(text).ifelse(_whole(_tidy(text)), text)


def is_untidy_id(text: ir.StringValue) -> ir.BooleanValue:
    """Say where an identifier is not read as it is written: only there `as_id` changes a text."""
    return text.re_search(_UNTIDY_ID)


def to_text(column: ir.Value) -> ir.StringValue:
    """Read text: trimmed, missing words as null."""
    text = column if column.type().is_string() else column.cast("string")
    return text.re_search(_UNTIDY).ifelse(_tidy(text), text)


def as_number(column: ir.Value) -> ir.FloatingValue:
    """Read a number as float64, also from ``1,234.50``, ``1.234,50``, ``12,5`` and ``$ 12.50``; else null.

    Examples
    --------
    >>> import ibis
    >>> from tenure_features.reading.engine import evaluate
    >>> [evaluate(as_number(ibis.literal(text))) for text in ("1,234.50", "1.234,50", "12,5", "€ 7", "seven")]
    [1234.5, 1234.5, 12.5, 7.0, None]
    """
    if not column.type().is_string():
        return column.try_cast("float64")
    plain = column.try_cast("float64")
    bare = bare_number(column)
    repaired = ibis.cases(
        (bare.re_search(_THOUSANDS_COMMA), bare.replace(",", "")),
        (bare.re_search(_THOUSANDS_DOT), bare.replace(".", "").replace(",", ".")),
        (bare.re_search(_DECIMAL_COMMA), bare.replace(",", ".")),
        else_=bare,
    )
    return ibis.coalesce(plain, repaired.try_cast("float64"))


def bare_number(column: ir.StringValue) -> ir.StringValue:
    """Take currencies, blanks and apostrophes out of a written number; a minus comes first, whatever it was.

    Examples
    --------
    >>> import ibis
    >>> from tenure_features.reading.engine import evaluate
    >>> [evaluate(bare_number(ibis.literal(text))) for text in ("1 234,50 ₽", "EUR 7", "(12.50)", "12.50-", "−3 руб.")]
    ['1234,50', '7', '-12.50', '-12.50', '-3']
    """
    bare = column.re_replace(_CURRENCY, "").re_replace(_NUMBER_NOISE, "").re_replace(_MINUS, "-")
    return ibis.cases(
        (bare.re_search(_IN_BRACKETS), ibis.literal("-") + bare.substr(1, bare.length() - 2)),
        (bare.re_search(_MINUS_BEHIND), ibis.literal("-") + bare.substr(0, bare.length() - 1)),
        else_=bare,
    )


def as_flag(column: ir.Value) -> ir.BooleanValue:
    """Read true or false from booleans, numbers and the words true, yes, y, t, 1; everything else is false."""
    kind = column.type()
    if kind.is_boolean():
        return column.fill_null(False)
    if kind.is_string():
        return column.strip().lower().isin(["true", "t", "yes", "y", "1", "1.0"]).fill_null(False)
    return (column.cast("float64") != 0).fill_null(False)


def as_time(column: ir.Value, *, formats: tuple[str, ...] = ()) -> ir.TimestampValue:
    """Read a moment as a UTC-naive timestamp; null where it cannot be read.

    Parameters
    ----------
    column
        Timestamps (a zone is converted to UTC), dates, integers (yyyymmdd, or seconds, milliseconds, microseconds
        since 1970) or text (ISO 8601, or one of ``formats``).
    formats
        ``strptime`` formats tried on text that is not ISO 8601.

    Examples
    --------
    >>> import ibis
    >>> from tenure_features.reading.engine import evaluate
    >>> evaluate(as_time(ibis.literal(19970101)))
    datetime.datetime(1997, 1, 1, 0, 0)
    >>> evaluate(as_time(ibis.literal("31.12.2024 18:05"), formats=("%d.%m.%Y %H:%M",)))
    datetime.datetime(2024, 12, 31, 18, 5)
    """
    kind = column.type()
    if kind.is_timestamp() or kind.is_date():
        return column.cast("timestamp(6)")
    if kind.is_integer() or kind.is_floating() or kind.is_decimal():
        return _from_integer(column.try_cast("int64"))
    if not kind.is_string():
        return ibis.null("timestamp(6)")
    text = column.strip()
    # A bare number is never ISO here: DuckDB would read a year or nothing, the compact format reads yyyymmdd.
    iso = text.re_search(r"^\d{4}-\d{1,2}-\d{1,2}|^\d{4}/\d{1,2}/\d{1,2}").ifelse(
        ibis.coalesce(_cast_iso(text), _cast_iso(_with_offset(text))), None
    )
    if formats:
        return ibis.coalesce(iso, _parse(text, formats))
    return iso


def _cast_iso(text: ir.StringValue) -> ir.TimestampValue:
    return text.try_cast("timestamp('UTC', 6)").cast("timestamp(6)")


def _with_offset(text: ir.StringValue) -> ir.StringValue:
    """Write ``2022-01-04 01:40:32 -0500`` (Shopify) as engines read it, and leave texts without an offset out."""
    tight = text.replace(" -", "-").replace(" +", "+")
    with_colon = tight.substr(0, tight.length() - 2) + ":" + tight.right(2)
    return text.re_search(_OFFSET).ifelse(tight.re_search(r"[+-]\d{4}$").ifelse(with_colon, tight), None)


def _parse(text: ir.StringValue, formats: tuple[str, ...]) -> ir.TimestampValue:
    """Read text by the first strptime format that fits; null where none does, or only a year of two digits as four."""
    if EPOCH in formats:
        number = text.re_search(r"^(\d{9,10}|\d{12,13}|\d{15,16})(\.\d+)?$").ifelse(
            text.re_replace(r"\.\d+$", ""), None
        )
        epoch = _from_integer(number.try_cast("int64"))
        others = tuple(form for form in formats if form != EPOCH)
        return ibis.coalesce(_parse(text, others), epoch) if others else epoch
    in_words = any("%b" in form for form in formats)
    if spoken_by(text) == "spark":
        # Spark writes the text once per format into one method, which must stay small: months in English alone.
        short = text.replace(", ", " ")
        short = short.re_replace("([A-Z][a-z]{2})[a-z]+", "$1") if in_words else short
        return ibis.coalesce(*(_try_to_timestamp(short, java_format(form)) for form in formats))
    tidy = text.replace(",", " ").re_replace(r"\s+", " ")
    moment = _try_strptime(_english_months(tidy) if in_words else tidy, list(formats))
    return (moment.year() >= 1000).ifelse(moment, None)


def _english_months(text: ir.StringValue) -> ir.StringValue:
    """Write the months of a text in English, and take the word for a year off that Russian puts behind it."""
    for english, begins in _MONTHS.items():
        ways = "|".join(f"{way}|{way.capitalize()}|{way.upper()}" for way in begins.split("|"))
        text = text.re_replace(rf"({ways})\p{{L}}*\.?", english)
    return text.re_replace(r"\s*г(ода)?\.?(\s|$)", " ").re_replace(r"\s+в\s+", " ").strip()


def _from_integer(number: ir.IntegerValue) -> ir.TimestampValue:
    compact = _parse(number.cast("string"), ("%Y%m%d",))
    seconds = ibis.cases(
        (number.between(10**8 + 0, 10**11 - 1), number),
        (number.between(10**11, 10**14 - 1), number // 1000),
        (number.between(10**14, 10**17 - 1), number // 1_000_000),
        else_=None,
    )
    epoch = seconds.as_timestamp("s").cast("timestamp(6)")
    return number.between(19_000_101, 29_991_231).ifelse(compact, epoch)


def _whole(text: ir.StringValue) -> ir.StringValue:
    # In two steps: engines write references to groups differently.
    return text.re_search(r"^[-+]?\d+\.0+$").ifelse(text.re_replace(r"\.0+$", ""), text)


def _tidy(text: ir.StringValue) -> ir.StringValue:
    bare = text.strip().nullif("")
    return bare.lower().isin(MISSING_WORDS).ifelse(None, bare)

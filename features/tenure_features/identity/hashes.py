"""Hashes of identifiers as expressions, so that a hashed value meets its plain form."""

from __future__ import annotations

from typing import Any

import ibis
import ibis.expr.types as ir

HASH = r"^[0-9a-f]{32}$|^[0-9a-f]{64}$"
"""What md5 and sha256 look like in hexadecimal, lower case."""


@ibis.udf.scalar.builtin(name="md5")
def _md5(text: str) -> str:  # type: ignore[empty-body]
    """Hexadecimal md5 where the engine's function returns text."""


@ibis.udf.scalar.builtin(name="sha2")
def _sha2(text: str, bits: int) -> str:  # type: ignore[empty-body]
    """Hexadecimal SHA-2 of Snowflake."""


@ibis.udf.scalar.builtin(name="sha256")
def _sha256_bytes(data: bytes) -> bytes:  # type: ignore[empty-body]
    """SHA-256 of Postgres, on bytes."""


@ibis.udf.scalar.builtin(name="convert_to")
def _convert_to(text: str, encoding: str) -> bytes:  # type: ignore[empty-body]
    """Bytes of a text in Postgres."""


@ibis.udf.scalar.builtin(name="encode")
def _encode(data: bytes, form: str) -> str:  # type: ignore[empty-body]
    """Hexadecimal text of bytes in Postgres."""


@ibis.udf.scalar.builtin(name="to_hex")
def _to_hex(data: bytes) -> str:  # type: ignore[empty-body]
    """Hexadecimal text of bytes in BigQuery."""


def is_hash(text: ir.StringValue) -> ir.BooleanValue:
    """Tell whether a text looks like an md5 or sha256 in hexadecimal, in either case."""
    return text.strip().lower().re_search(HASH)


def md5_of(text: ir.StringValue, *, engine: str) -> ir.StringValue:
    """Compute the md5 as lower-case hexadecimal on an engine, named as Ibis names it.

    Examples
    --------
    >>> from tenure_features.reading.engine import evaluate
    >>> evaluate(md5_of(ibis.literal("ada@example.com"), engine="duckdb"))
    '3e3417d7ef77d5932a6734b916515ed5'
    """
    if engine in {"postgres", "snowflake"}:
        return _md5(text)
    if engine == "bigquery":
        return _to_hex(text.hashbytes("md5"))
    return text.hexdigest("md5")


def hash_key(text: ir.StringValue, *, engine: str) -> ir.StringValue:
    """Compute the SHA-256 as lower-case hexadecimal on an engine, named as Ibis names it."""
    builders: dict[str, Any] = {
        "postgres": lambda: _encode(_sha256_bytes(_convert_to(text, "UTF8")), "hex"),
        "snowflake": lambda: _sha2(text, 256),
        "bigquery": lambda: _to_hex(text.hashbytes("sha256")),
    }
    return builders.get(engine, lambda: text.hexdigest("sha256"))()

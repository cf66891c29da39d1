"""How a text file is written in bytes, and the same text as UTF-8 with one kind of line end."""

from __future__ import annotations

import codecs
import gzip
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from charset_normalizer import from_bytes

from tenure_features.errors import DataContractError, UsageError

LIKELY = ("cp1251", "cp1252", "cp1250", "koi8_r", "cp866", "utf_16_le", "utf_16_be")
"""Encodings that shops, CRMs and spreadsheets write beside UTF-8; each of them reads any bytes, so the text decides."""

_BLOCK = 4 * 1024 * 1024
_TELLING = 200_000
"""Bytes of lines with other letters than ASCII's from which an encoding is told."""


@dataclass(frozen=True)
class TextForm:
    """How the bytes of a text file are to be read.

    Attributes
    ----------
    encoding
        As Python names it; ``utf-8`` where most lines are.
    mixed
        Whether lines end in more than one way, so that no reader trusts them.
    """

    encoding: str
    mixed: bool


def open_bytes(path: Path) -> IO[bytes]:
    """Open a file, or what is inside a gzipped one."""
    return gzip.open(path, "rb") if path.suffix.casefold() == ".gz" else path.open("rb")  # type: ignore[return-value]


def find_text_form(path: Path, *, most: int | None = None) -> TextForm:
    r"""Find the encoding of a text file from its mark or its bytes, and whether its lines end alike.

    Parameters
    ----------
    path
        The file.
    most
        Bytes to look at; all of them when None.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "deals.csv"
    >>> _ = path.write_bytes("Сделка;Бюджет\r\nПродажа Иванову;1000\n".encode("cp1251"))
    >>> find_text_form(path)
    TextForm(encoding='cp1251', mixed=True)
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    returns = feeds = both = read = 0
    valid, telling, before = True, b"", b""
    with open_bytes(path) as file:
        while (most is None or read < most) and (block := file.read(_BLOCK)):
            read += len(block)
            if not before and block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
                return TextForm("utf-16", mixed=False)
            try:
                valid = valid and decoder.decode(block) is not None
            except UnicodeDecodeError:
                valid = False
            if not valid and len(telling) < _TELLING:
                telling += b"".join(line for line in block.splitlines(keepends=True) if not line.isascii())
            returns, feeds = returns + block.count(b"\r"), feeds + block.count(b"\n")
            both += (before[-1:] + block).count(b"\r\n")
            before = block
    return TextForm("utf-8" if valid else _tell(telling[:_TELLING]), mixed=0 < both < max(returns, feeds))


def _tell(telling: bytes) -> str:
    lines = telling.splitlines()
    if sum(_is_utf8(line) for line in lines) * 2 > len(lines):
        return "utf-8"  # a few broken lines: they are rejected and counted
    best = from_bytes(telling, cp_isolation=list(LIKELY)).best()
    if best is None:
        return "latin-1"
    same = telling.decode("cp1252", errors="replace") == str(best)
    return "cp1252" if same else best.encoding


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def require_encoding(name: str) -> str:
    """Give the usual name of an encoding.

    Raises
    ------
    UsageError
        If there is none of that name.

    Examples
    --------
    >>> require_encoding("Windows-1251"), require_encoding("UTF8")
    ('cp1251', 'utf-8')
    """
    try:
        return codecs.lookup(name).name
    except LookupError:
        raise UsageError(
            "The encoding is unknown.", found=repr(name), fix="Name one such as utf-8, cp1251, cp1252 or utf-16."
        ) from None


def write_utf8(path: Path, target: Path, *, encoding: str) -> None:
    """Write the text of a file again as UTF-8, every line ended alike.

    Raises
    ------
    DataContractError
        If its bytes are not of the encoding.
    """
    reading = codecs.getreader("utf-8-sig" if encoding == "utf-8" else encoding)
    try:
        with open_bytes(path) as file, target.open("w", encoding="utf-8", newline="\n") as copy:
            text = reading(file)
            rest = ""
            while part := text.read(1 << 20):
                whole = rest + part
                rest = "\r" if whole.endswith("\r") else ""  # its line feed may be in the next part
                copy.write(whole.removesuffix(rest).replace("\r\n", "\n").replace("\r", "\n"))
            copy.write("\n" if rest else "")
    except UnicodeError as problem:
        raise DataContractError(
            f"{path.name} is not {encoding}.",
            found=str(problem).split(":")[0],
            fix="Say how it is written, such as --encoding cp1251, or export it as UTF-8.",
        ) from problem

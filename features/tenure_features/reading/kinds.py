"""What kind a file is, by its suffix, and whether its first bytes agree."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from tenure_features.errors import DataContractError

FileKind = Literal["text", "parquet", "workbook", "json"]

FILE_KINDS: dict[str, FileKind] = {
    ".csv": "text", ".tsv": "text", ".txt": "text", ".dat": "text",
    ".parquet": "parquet", ".pq": "parquet",
    ".xlsx": "workbook", ".xlsm": "workbook", ".xlsb": "workbook", ".xls": "workbook", ".ods": "workbook",
    ".json": "json", ".jsonl": "json", ".ndjson": "json",
}  # fmt: skip
SUPPORTED = (
    "delimited text (.csv, .tsv, .txt), Excel (.xlsx, .xls, .ods), JSON lines (.jsonl, .ndjson, .json), each also .gz "
    "or inside a .zip, or Parquet (.parquet, .pq)"
)
KIND_NAMES: dict[FileKind, str] = {
    "text": "delimited text", "parquet": "Parquet", "workbook": "an Excel workbook", "json": "JSON"
}  # fmt: skip

_MAGIC = (
    (b"PAR1", "Parquet"),
    (b"\x1f\x8b", "gzip"),
    (b"PK", "a ZIP archive or an Excel workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel workbook"),
)
_FIXES = {
    "Parquet": "Rename it to .parquet.",
    "gzip": "Rename it to .csv.gz or unpack it.",
    "text": "Rename it to .csv, or export it as Parquet.",
    "HTML": "Some shops call a web page .xls: open it in Excel and save it as .xlsx.",
    "a ZIP archive or an Excel workbook": "Rename it to .xlsx or .zip, whichever it is.",
    "an old Excel workbook": "Rename it to .xls.",
}


def stem_suffix(path: Path) -> str:
    """Give the suffix of a file, or the one before ``.gz``."""
    suffix = path.suffix.casefold()
    return Path(path.stem).suffix.casefold() if suffix == ".gz" else suffix


def is_readable(path: Path) -> bool:
    """Say whether a file is of a kind that is read, or an archive that may hold one."""
    return stem_suffix(path) in FILE_KINDS or path.suffix.casefold() == ".zip"


def kind_of(path: Path) -> FileKind:
    """Name the kind of a file.

    Raises
    ------
    DataContractError
        If its suffix is none that is read.

    Examples
    --------
    >>> kind_of(Path("orders.CSV.gz")), kind_of(Path("deals.xlsx"))
    ('text', 'workbook')
    """
    suffix = stem_suffix(path)
    if suffix in FILE_KINDS:
        return FILE_KINDS[suffix]
    raise DataContractError(
        f"{path} is of a kind that is not read.", found=path.suffix or "no suffix", fix=f"Export it as {SUPPORTED}."
    )


def check_content(path: Path) -> None:
    """Compare the first bytes with the suffix.

    Raises
    ------
    DataContractError
        If they say something else, or there are none.
    """
    with path.open("rb") as file:
        head = file.read(512)
    if not head:
        raise DataContractError(f"{path} is empty.", found="0 bytes", fix="Export it again.")
    looks, expected = _looks_like(head), _expect(path)
    if looks in expected:
        return
    raise DataContractError(
        f"{path} is not {expected[-1]}, whatever its suffix says.",
        found=f"it looks like {looks}",
        fix=_FIXES.get(looks, f"Export it as {SUPPORTED}."),
    )


def _expect(path: Path) -> tuple[str, ...]:
    """Name what the first bytes may look like; the last one is what the kind is called."""
    if path.suffix.casefold() == ".gz":
        return ("gzip", "a gzip file")
    if path.suffix.casefold() == ".zip":
        return ("a ZIP archive or an Excel workbook", "a ZIP archive")
    return {
        "parquet": ("Parquet",),
        "text": ("HTML", "text"),
        "json": ("text", "JSON"),
        "workbook": ("a ZIP archive or an Excel workbook", "an old Excel workbook", "an Excel workbook"),
    }[kind_of(path)]


def _looks_like(head: bytes) -> str:
    for magic, name in _MAGIC:
        if head.startswith(magic):
            return name
    if head.lstrip(b"\xef\xbb\xbf \r\n\t")[:6].lower() in {b"<html>", b"<html ", b"<table", b"<!doct"}:
        return "HTML"
    utf16 = head.startswith((b"\xff\xfe", b"\xfe\xff"))
    return "binary data" if b"\x00" in head and not utf16 else "text"

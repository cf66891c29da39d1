"""The files of a bundle: which there may be, and that each is as it was written."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from pathlib import Path

from tenure_features.errors import DataContractError
from tenure_features.stored import read_stored

INFO, SEGMENTS, CHECKSUMS, MODEL = "bundle.json", "segments.json", "checksums.json", "model"
EXTRAS = "extras.json"
SUFFIXES = frozenset({".json", ".ubj"})
MOST_FILES = 100
_DEEPEST = 4

_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


def require_whole(folder: Path) -> None:
    """Refuse a bundle with a file missing, added, changed, or of a kind that no bundle has.

    Checksums tell an accident from a bundle as it was written; they keep nobody from writing others. What the files say
    is checked where it is read.

    Raises
    ------
    DataContractError
        Naming the files.
    """
    there = set(bundle_files(folder)) - {CHECKSUMS}
    if not (folder / CHECKSUMS).is_file():
        raise DataContractError("The bundle is not complete.", found=f"no {CHECKSUMS}", fix="Copy it again, whole.")
    expected = {name: stored.text(most=64) for name, stored in read_stored(folder / CHECKSUMS).read_named().items()}
    missing = sorted(set(expected) - there | {INFO, SEGMENTS} - set(expected))
    if missing:
        raise DataContractError(
            "The bundle is not complete.", found=f"no {', '.join(missing)[:200]}", fix="Copy it again, whole."
        )
    changed = sorted(name for name, digest in expected.items() if file_digest(folder / name) != digest)
    if changed:
        raise DataContractError(
            "The bundle was changed after it was written.",
            found=f"another checksum for {', '.join(changed)}",
            fix="Take an untouched copy, or train again: a bundle is never edited.",
        )
    added = sorted(there - set(expected))
    if added:
        raise DataContractError(
            "The bundle holds files it was not written with.", found=", ".join(added), fix="Remove them."
        )


def bundle_files(folder: Path) -> list[str]:
    """List the files of a bundle by their names inside it.

    Raises
    ------
    DataContractError
        There is a link, a pipe or the like, or more than a bundle holds.
    """
    out: list[str] = []
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                name = Path(entry.path).relative_to(folder).as_posix()
                mode = entry.stat(follow_symlinks=False).st_mode
                if stat.S_ISDIR(mode) and name.count("/") < _DEEPEST:
                    waiting.append(Path(entry.path))
                elif stat.S_ISREG(mode) and len(out) < MOST_FILES:
                    out.append(name)
                else:
                    raise DataContractError(
                        "The bundle holds what no bundle holds.",
                        found=f"{name}: a link, no plain file, too deep, or one of too many",
                        fix="Take an untouched copy: a bundle is a few plain files.",
                    )
    return sorted(out)


def version_of(folder: Path) -> str:
    """Name the content: the checksums name every other file and its content, so their hash is that of the whole."""
    return file_digest(folder / CHECKSUMS)[:12]


def file_digest(path: Path) -> str:
    """Hash a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()

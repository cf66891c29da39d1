"""Archives opened for as long as their files are read."""

from __future__ import annotations

import gzip
import shutil
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from tenure_features.errors import DataContractError
from tenure_features.reading.kinds import SUPPORTED, is_readable, kind_of, stem_suffix


@contextmanager
def unpack(paths: Sequence[Path]) -> Iterator[list[Path]]:
    """Give the files behind paths: those inside ZIP archives, and workbooks that were gzipped, unpacked for a while.

    Raises
    ------
    DataContractError
        If an archive cannot be opened, is locked by a password, or holds nothing that is read.
    """
    with tempfile.TemporaryDirectory(prefix="tenure-") as folder:
        files = []
        for number, path in enumerate(paths):
            if path.suffix.casefold() == ".zip":
                files += _unzip(path, Path(folder) / str(number))
            elif path.suffix.casefold() == ".gz" and stem_suffix(path) in {".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"}:
                files.append(_gunzip(path, Path(folder) / f"{number}-{path.stem}"))
            else:
                files.append(path)
        yield files


def _gunzip(path: Path, target: Path) -> Path:
    with gzip.open(path, "rb") as packed, target.open("wb") as file:
        shutil.copyfileobj(packed, file)
    return target


def _unzip(path: Path, folder: Path) -> list[Path]:
    folder.mkdir()
    try:
        with zipfile.ZipFile(path) as archive:
            members = [member for member in archive.infolist() if _is_data(member)]
            files = []
            for number, member in enumerate(members):
                target = folder / f"{number}-{PurePosixPath(member.filename).name}"
                with archive.open(member) as packed, target.open("wb") as file:
                    shutil.copyfileobj(packed, file)
                files.append(target)
    except (zipfile.BadZipFile, RuntimeError, NotImplementedError) as problem:
        raise DataContractError(
            f"{path} cannot be unpacked.", found=str(problem), fix="Unpack it yourself, and give the file inside."
        ) from problem
    if not files:
        raise DataContractError(f"{path} holds no file that is read.", fix=f"Pack {SUPPORTED}.")
    inside = {kind_of(file) for file in files}
    if len(inside) > 1 or inside == {"parquet"}:
        raise DataContractError(
            f"{path} holds files that are not read together from an archive.",
            found=", ".join(PurePosixPath(member.filename).name for member in members[:8]),
            fix="Unpack it, and name one table's files with a glob.",
        )
    return files


def _is_data(member: zipfile.ZipInfo) -> bool:
    name = PurePosixPath(member.filename)
    hidden = name.name.startswith(".") or "__MACOSX" in name.parts
    return not member.is_dir() and not hidden and name.suffix.casefold() != ".zip" and is_readable(Path(name.name))

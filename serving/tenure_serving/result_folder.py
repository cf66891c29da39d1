"""A folder of results that is whole, or as it was: a new result is built beside it and takes its place in one step.

The folder and the new result exchange their names in one system call (``renameat2`` on Linux), so that whoever looks,
at whatever instant, finds the old result or the new one. What else lies in the folder is not the result's: files are
linked into the new folder before the exchange, so that they are never missing, and subfolders are moved right after it.

Where folders cannot be exchanged (another system, a mount point, the folder somebody works in) the new result is
moved in entry by entry, from a plan that is on disk before the first of them moves. The entry that vouches for the
others, the manifest, goes first and comes last. `recover_folder` finishes such a move after a crash; every run into
the folder and every reader of this package calls it.
"""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

DRAFT, READY, TRASH, PLAN, LOCK = "new", "ready", "old", "plan.json", "lock"
"""In a folder of work: the result while it is built or the folder it took the place of; a result that only has to be
moved in; what it takes the place of; the names of its entries, once it is whole; held while its process lives."""

_AT_FDCWD, _RENAME_EXCHANGE = -100, 2  # linux/fs.h


@contextmanager
def replace_folder(out: Path, *, names: Sequence[str]) -> Iterator[Path]:
    """Offer an empty folder to build a result in, and put it into ``out`` when the block ends without an error.

    Parameters
    ----------
    out
        Where the result goes; created if missing. What lies in it under other names stays there.
    names
        Every entry the result may have, the one that vouches for the others last. Those in ``out`` that the new
        result does not have go with the old one.

    Raises
    ------
    ValueError
        The result has an entry that is not among the names.
    """
    place = out.resolve()
    place.mkdir(parents=True, exist_ok=True)
    recover_folder(place)
    work, lock = _open_work(place)
    with lock:
        try:
            (work / DRAFT).mkdir()
            yield work / DRAFT
            _put_in_place(work, place, names)
        finally:
            _settle(work, place)


def recover_folder(out: Path) -> None:
    """Finish or clear away what runs that were killed left in or beside a folder of results; quick where nothing is.

    A result that had begun to move in is moved in, one that was still being built is removed, and what was never the
    result's goes back into the folder. Work of a process that lives is left alone, and so is what may not be written.
    """
    place = out.resolve()
    for work in (*_works(place.parent, _prefix(place)), *_works(place, _prefix(place))):
        with suppress(OSError), (work / LOCK).open("ab") as lock:
            if _is_free(lock):
                _settle(work, place)
        with suppress(OSError):
            work.rmdir()  # killed before it held anything


def _prefix(place: Path) -> str:
    return f".{place.name}.tenure-"


def _works(folder: Path, prefix: str) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.name.startswith(prefix)]
    except OSError:
        return []


def _open_work(place: Path) -> tuple[Path, IO[bytes]]:
    """Make the folder of work where it can be renamed into place, else inside, and hold its lock."""
    inside = os.path.ismount(place) or Path.cwd().is_relative_to(place)  # to rename those is impossible, or rude
    while True:
        try:
            work = Path(tempfile.mkdtemp(prefix=_prefix(place), dir=place if inside else place.parent))
        except OSError:
            if inside:
                raise
            inside = True  # the folder above may not be written
            continue
        with suppress(FileNotFoundError):  # taken for a leftover by another run, in the instant before the lock
            lock = (work / LOCK).open("ab")
            if _is_free(lock) and (work / LOCK).exists():
                return work, lock
            lock.close()


def _is_free(lock: IO[bytes]) -> bool:
    """Take a lock if nobody holds it; a process that ends, however, lets go of its locks."""
    try:
        import fcntl
    except ImportError:  # not there on Windows, where an open file cannot be removed anyway
        return True
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _put_in_place(work: Path, place: Path, names: Sequence[str]) -> None:
    draft = work / DRAFT
    entries = sorted(path.name for path in draft.iterdir())
    if strange := set(entries) - set(names):
        raise ValueError(f"the result has entries that are not named: {', '.join(sorted(strange))}")
    _sync_tree(draft)
    (work / PLAN).write_text(json.dumps({"names": list(names), "entries": entries}), encoding="utf-8")
    _sync(work / PLAN)
    if work.parent != place:
        _link_others(place, draft, names)
        shutil.copymode(place, draft)
        if _exchange(draft, place):
            _sync(place.parent)
            return
    draft.rename(work / READY)  # from here on the new result is the one that counts
    _sync(work)


def _link_others(place: Path, draft: Path, names: Sequence[str]) -> None:
    """Let the files that are not the result's be in the new folder, too, before it takes the old one's place."""
    for path in place.iterdir():
        if path.name not in names and (path.is_symlink() or path.is_file()):
            with suppress(OSError):  # a file system without links: it is moved after the exchange
                os.link(path, draft / path.name, follow_symlinks=False)


def _exchange(draft: Path, place: Path) -> bool:
    """Let two folders exchange their names in one step; false where the system cannot."""
    call = getattr(_libc(), "renameat2", None)
    if call is None:
        return False
    if call(_AT_FDCWD, os.fsencode(draft), _AT_FDCWD, os.fsencode(place), _RENAME_EXCHANGE) == 0:
        return True
    problem = ctypes.get_errno()
    if problem in {errno.ENOSYS, errno.EINVAL, errno.EBUSY, errno.EXDEV, errno.EPERM, errno.EACCES}:
        return False
    raise OSError(problem, os.strerror(problem), str(place))


def _libc() -> Any:  # noqa: ANN401  # ctypes has no type for a library whose functions are looked up
    try:
        return ctypes.CDLL(None, use_errno=True)
    except (OSError, TypeError):  # Windows
        return None


def _settle(work: Path, place: Path) -> None:
    """Bring a folder of work to its end, from whatever step: this is the end of a run, and the recovery from a kill."""
    with suppress(FileNotFoundError, ValueError):  # without a plan it was still being built
        plan = json.loads((work / PLAN).read_text(encoding="utf-8"))
        if (work / READY).is_dir():
            _move_in(work, place, plan)
        for path in list((work / DRAFT).iterdir()) if (work / DRAFT).is_dir() else ():
            if path.name not in plan["names"]:
                _give_back(path, place)
    shutil.rmtree(work, ignore_errors=True)  # what cannot be removed now is a leftover of the next run


def _move_in(work: Path, place: Path, plan: dict[str, list[str]]) -> None:
    """Move a result in entry by entry, as often as it takes: what has moved already is left where it is."""
    ready, trash = work / READY, work / TRASH
    trash.mkdir(exist_ok=True)
    *_, voucher = plan["names"]
    if voucher in plan["entries"] and os.path.lexists(ready / voucher):
        _take_away(place / voucher, trash)
    for name in plan["names"]:
        if os.path.lexists(ready / name):
            _take_away(place / name, trash)
            (ready / name).rename(place / name)
        elif name not in plan["entries"]:
            _take_away(place / name, trash)
    _sync(place)


def _take_away(path: Path, trash: Path) -> None:
    if os.path.lexists(path):
        path.rename(Path(tempfile.mkdtemp(dir=trash)) / path.name)


def _give_back(path: Path, place: Path) -> None:
    """Put into the folder what was in it and is not the result's, beside what has its name by now."""
    target = place / path.name
    if os.path.lexists(target) and os.path.samestat(path.lstat(), target.lstat()):
        return
    number = 0
    while os.path.lexists(target):
        number += 1
        target = place / f"{path.name}.earlier{number}"
    path.rename(target)


def _sync_tree(folder: Path) -> None:
    for path in (*folder.rglob("*"), folder):
        _sync(path)


def _sync(path: Path) -> None:
    """Have a file, or the names in a folder, on disk before anything is built on it."""
    if path.is_symlink() or (path.is_dir() and not hasattr(os, "O_DIRECTORY")):
        return
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

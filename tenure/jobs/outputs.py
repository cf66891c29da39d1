"""Outputs beside inputs: what a command is told to write is never what it reads."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from glob import glob, has_magic
from pathlib import Path
from urllib.parse import urlsplit

from tenure.config import Config
from tenure_features.errors import UsageError
from tenure_features.reading.databases import hide_password, is_uri

Place = str | Path


def input_places(config: Config | None) -> list[Place]:
    """List every file, glob and URI that a configuration names as an input; none without a configuration."""
    if config is None:
        return []
    tables, segments = config.tables.values(), config.segments
    places = [config.orders.uri, *(table.uri for table in tables), *config.features.files]
    places += [segments.rfm_map, segments.relationship_map, segments.playbook or ""]
    return [place for place in (*places, config.calendar.uri if config.calendar else None) if place]


def require_apart(output: Path | None, inputs: Iterable[Place], *, results: Iterable[Place | None] = ()) -> None:
    """Refuse to write over an input, into a folder with an input in it, or where a glob would find it as an input.

    Parameters
    ----------
    output
        A file or a folder that a command is told to write; None where it writes nothing.
    inputs
        Files, globs and URIs that it reads.
    results
        What it reads beside data, such as a configuration, a model or scores: that may lie in the folder.

    Raises
    ------
    UsageError
        Naming both.
    """
    if output is None:
        return
    for place in results:
        if place is not None and not is_uri(str(place)) and _is_same(output, Path(place)):
            raise UsageError(f"The output {output} is an input, too.", fix="Write to another place.")
    for place in inputs:
        for path in _files(str(place)):
            if _is_same(output, path):
                raise UsageError(
                    f"The output {output} is an input, too: {hide_password(place)}.", fix="Write to another file."
                )
            if _is_same(output, path.parent) or _is_same(output, path.resolve().parent):
                raise UsageError(
                    f"The folder {output} holds an input, {hide_password(place)}.",
                    fix="Name another folder for the results.",
                )
        if has_magic(str(place)) and _matches(output, str(place)):
            raise UsageError(
                f"What is written to {output} would be read as an input by the pattern {place}.",
                fix="Write to another place.",
            )


def _files(place: str) -> list[Path]:
    if is_uri(place):
        parts = urlsplit(place)
        return [Path(parts.netloc + parts.path)] if parts.scheme.casefold() == "duckdb" else []
    path = Path(place).expanduser()
    if has_magic(place) and not path.exists():
        return [Path(name) for name in glob(str(path), recursive=True)]  # noqa: PTH207  # the pattern may be absolute
    return [path] if path.exists() else []  # such as the name of a built-in map


def _is_same(output: Path, place: Path) -> bool:
    """Say whether two paths are one place: by name where nothing is there yet, else by what is there."""
    try:
        return output.samefile(place)  # through symbolic and hard links
    except OSError:
        return output.expanduser().resolve() == place.expanduser().resolve()


def _matches(output: Path, pattern: str) -> bool:
    """Say whether a file, or a file in a folder, would be found by a glob."""
    head, *tail = Path(pattern).expanduser().absolute().parts
    file = output.absolute()
    if not file.suffix or file.is_dir():
        file /= f"x{Path(pattern).suffix}"
    parts = file.parts
    if "**" in tail:
        start = tail.index("**") + 1
        return len(parts) > start and all(map(fnmatchcase, parts[:start], (head, *tail)))
    return len(parts) == len(tail) + 1 and all(map(fnmatchcase, parts, (head, *tail)))

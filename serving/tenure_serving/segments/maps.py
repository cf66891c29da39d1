"""RFM maps: which group each combination of recency, frequency and monetary scores belongs to.

A map is a JSON file that anyone may copy, edit and pass back by path. Cells are written as three-digit codes
(``"435"``) or as recency, frequency and monetary in turn, each a score, a range or ``*`` (``"4-5 1 *"``).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import cached_property
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tenure_features.errors import DataContractError, UsageError
from tenure_serving.segments.rfm import RFM_SCORES, SCALES

BUILT_IN_MAPS = ("common_eleven", "relationship", "simple")


@dataclass(frozen=True)
class Group:
    """One group of a map: its name, its labels by language (``en``, ``ru``) and its cells as codes such as 435."""

    name: str
    labels: Mapping[str, str]
    cells: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class RfmMap:
    """A map that covers every cell of its scale exactly once.

    Attributes
    ----------
    id, version
        What the map is and which edition of it; both travel with the model that used it.
    scale
        Number of scores on each axis; the map has ``scale ** 3`` cells.
    title
        By language.
    note
        What a reader must know, shown wherever the map is.
    groups
        In the order of the file, best first.

    Examples
    --------
    >>> relationship = load_map("relationship")
    >>> relationship.group_of("155"), relationship.label("Ex-Lovers", language="ru")
    ('Ex-Lovers', 'Бывшие возлюбленные')
    """

    id: str
    version: int
    scale: int
    title: Mapping[str, str]
    note: str
    groups: tuple[Group, ...]

    def __post_init__(self) -> None:
        _check_cover(self)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the groups, best first."""
        return tuple(group.name for group in self.groups)

    @property
    def cells(self) -> dict[str, str]:
        """The group's name by code."""
        return {code: group.name for group in self.groups for code in group.cells}

    def group_of(self, code: str) -> str:
        """Return the group of one cell, such as ``"435"``."""
        if code not in self.cells:
            raise UsageError(f"The map '{self.id}' has no cell '{code}'.", fix=f"Scores run from 1 to {self.scale}.")
        return self.cells[code]

    def label(self, name: str, *, language: str = "en") -> str:
        """Return a group's label in a language, its name where the map gives none or does not know the group."""
        return {group.name: group.labels.get(language, group.name) for group in self.groups}.get(name, name)

    @cached_property
    def _names_by_place(self) -> NDArray[np.object_]:
        """Names of the groups of all cells, the codes in ascending order."""
        cells = self.cells
        codes = product(range(1, self.scale + 1), repeat=len(RFM_SCORES))
        return np.array([cells["".join(map(str, code))] for code in codes], dtype=object)

    def name_cells(self, scores: Mapping[str, NDArray[np.int64]]) -> NDArray[np.object_]:
        """Name the groups of scores within the map's scale, shape (n,) each, as `RfmScorer.rate` gives them."""
        recency, frequency, monetary = (scores[name] - 1 for name in RFM_SCORES)
        return np.asarray(self._names_by_place[(recency * self.scale + frequency) * self.scale + monetary])

    def assign(self, scores: pd.DataFrame) -> pd.Series:
        """Return the group name of every row of scores (as `RfmScorer.score` gives them), on the same index.

        Raises
        ------
        UsageError
            The scores are on a larger scale than the map.
        """
        codes = code_of(scores)
        groups = codes.map(self.cells)
        if groups.isna().any():
            strange = ", ".join(sorted(set(codes[groups.isna()]))[:3])
            raise UsageError(
                f"The map '{self.id}' knows scores from 1 to {self.scale}.",
                found=strange,
                fix="Score on the map's scale, or give a map of the scores' scale.",
            )
        return groups.astype("str")

    def on_scale(self, scale: int) -> Self:
        """Return the map for scores on a shorter scale, each standing for the score at its place on the long one.

        Of five scores, a scale of three is 1, 3 and 5, a scale of four 1, 2, 4 and 5. Groups that have no such cell
        are left out; the note says what was done. A map that covers its cells once covers these once, too.

        Raises
        ------
        UsageError
            The scale is longer than the map's, or none of 3, 4 and 5.

        Examples
        --------
        >>> load_map("relationship").on_scale(3).group_of("133")
        'Ex-Lovers'
        """
        if scale == self.scale:
            return self
        if scale not in SCALES or scale > self.scale:
            raise UsageError(
                f"The map '{self.id}' is for scores from 1 to {self.scale}.",
                found=f"1 to {scale}",
                fix="Give a map of the scores' scale.",
            )
        places = {score: str(1 + round((score - 1) * (self.scale - 1) / (scale - 1))) for score in range(1, scale + 1)}
        cells = {
            "".join(map(str, code)): self.group_of("".join(places[score] for score in code))
            for code in product(range(1, scale + 1), repeat=len(RFM_SCORES))
        }
        groups = (
            replace(group, cells=tuple(code for code, owner in cells.items() if owner == group.name))
            for group in self.groups
        )
        stands = ", ".join(f"{score} is {place}" for score, place in places.items())
        note = f"{self.note} Made for scores from 1 to {self.scale}; here {stands}.".strip()
        return replace(self, scale=scale, note=note, groups=tuple(group for group in groups if group.cells))

    def to_dict(self) -> dict[str, Any]:
        """Return the content of the map's file; `parse_map` reads it back."""
        groups = [
            {"name": group.name, "labels": dict(group.labels), "cells": list(group.cells)} for group in self.groups
        ]
        head = {"id": self.id, "version": self.version, "scale": self.scale}
        return {**head, "title": dict(self.title), "note": self.note, "groups": groups}


def code_of(scores: pd.DataFrame) -> pd.Series:
    """Return the three scores of each row as one code: R 4, F 3, M 5 is ``"435"``."""
    recency, frequency, monetary = (scores[name].astype("int64").astype("str") for name in RFM_SCORES)
    return recency + frequency + monetary


def load_map(source: str | Path, *, scale: int | None = None) -> RfmMap:
    """Load a built-in map by its id (``common_eleven``, ``relationship``, ``simple``) or any map by its path.

    Parameters
    ----------
    source
        Id or path.
    scale
        The scores it is for: a built-in map, made for 1 to 5, is put on a shorter scale (`RfmMap.on_scale`); a map of
        your own is taken as it is.

    Raises
    ------
    UsageError
        There is no such map.
    DataContractError
        The file is not a map, or does not cover every cell exactly once.
    """
    if str(source) in BUILT_IN_MAPS:
        text = (resources.files("tenure_serving.segments") / "data" / f"map_{source}.json").read_text("utf-8")
    elif Path(source).is_file():
        text = Path(source).read_text("utf-8")
    else:
        near = get_close_matches(str(source), BUILT_IN_MAPS, n=1)
        raise UsageError(
            f"There is no RFM map '{source}'.",
            found=", ".join(BUILT_IN_MAPS),
            fix=f"Did you mean '{near[0]}'?" if near else "Give one of these, or the path of a JSON file.",
        )
    try:
        rfm_map = parse_map(json.loads(text))
    except json.JSONDecodeError as error:
        raise DataContractError(f"The RFM map '{source}' is not JSON.", found=str(error)) from error
    return rfm_map.on_scale(scale) if scale is not None and str(source) in BUILT_IN_MAPS else rfm_map


def parse_map(content: Mapping[str, Any]) -> RfmMap:
    """Build a map from the content of its file and check that it covers every cell exactly once.

    Raises
    ------
    DataContractError
        A field is missing, a cell cannot be read, or cells are left out or claimed twice; the message names them.
    """
    try:
        scale = int(content["scale"])
        _check_scale(str(content["id"]), scale)  # before cells are spelt out
        _check_size(content["groups"])
        groups = tuple(
            Group(
                name=str(group["name"]),
                labels={str(language): str(label) for language, label in group.get("labels", {}).items()},
                cells=tuple(code for rule in group["cells"] for code in _expand(str(rule), scale=scale)),
            )
            for group in content["groups"]
        )
        return RfmMap(
            id=str(content["id"]),
            version=int(content["version"]),
            scale=scale,
            title={str(language): str(title) for language, title in content.get("title", {}).items()},
            note=str(content.get("note", "")),
            groups=groups,
        )
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise DataContractError(
            "The RFM map cannot be read.",
            found=f"{type(error).__name__}: {error}",
            fix="It needs id, version, scale and groups; every group needs name and cells.",
        ) from error


def _expand(rule: str, *, scale: int) -> Iterator[str]:
    """Yield the codes a cell rule stands for."""
    parts = list(rule) if re.fullmatch(r"\d{3}", rule) else rule.split()
    if len(parts) != len(RFM_SCORES):
        raise DataContractError(
            f"The cell '{rule}' of the RFM map cannot be read.",
            fix='Write a code such as "435" or three parts such as "4-5 1 *".',
        )
    for code in product(*(_scores(part, rule=rule, scale=scale) for part in parts)):
        yield "".join(map(str, code))


def _scores(part: str, *, rule: str, scale: int) -> range:
    match = re.fullmatch(r"(\d)(?:-(\d))?", part)
    if part == "*":
        return range(1, scale + 1)
    low, high = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 1 <= low <= high <= scale:
        raise DataContractError(
            f"The part '{part}' of the cell '{rule}' is not a score or a range of scores.",
            fix=f"Scores run from 1 to {scale}.",
        )
    return range(low, high + 1)


def _check_scale(name: str, scale: int) -> None:
    if scale not in SCALES:
        raise DataContractError(f"The scale of the RFM map '{name}' must be 3, 4 or 5.", found=str(scale)[:40])


def _check_size(groups: Sequence[Mapping[str, Any]]) -> None:
    most = 2 * max(SCALES) ** len(RFM_SCORES)  # so that cells claimed twice are still named
    rules = sum(len(group["cells"]) for group in groups)
    if len(groups) > most or rules > most:
        raise DataContractError(
            "The RFM map has more groups or cells than there are.", found=f"{len(groups)} groups, {rules} cells"
        )


def _check_cover(rfm_map: RfmMap) -> None:
    _check_scale(rfm_map.id, rfm_map.scale)
    owners: dict[str, list[str]] = {
        "".join(map(str, code)): [] for code in product(range(1, rfm_map.scale + 1), repeat=len(RFM_SCORES))
    }
    for group in rfm_map.groups:
        for code in group.cells:
            owners.setdefault(code, []).append(group.name)
    gaps = [code for code, names in owners.items() if not names]
    overlaps = [f"{code} ({' and '.join(names)})" for code, names in owners.items() if len(names) > 1]
    problems = []
    if gaps:
        problems.append(f"no group has {_some(gaps)}")
    if overlaps:
        problems.append(f"claimed twice: {_some(overlaps)}")
    if problems:
        raise DataContractError(
            f"The RFM map '{rfm_map.id}' must cover each of its {rfm_map.scale**3} cells exactly once.",
            found="; ".join(problems),
            fix="Give every cell to one group.",
        )


def _some(items: list[str]) -> str:
    """Join the first few items and count the rest."""
    shown = ", ".join(items[:8])
    return f"{shown} and {len(items) - 8} more" if len(items) > 8 else shown

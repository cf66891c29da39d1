"""The playbook: which segment a customer belongs to, what to reach there and what to do next."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd

from tenure_features.errors import DataContractError, UsageError
from tenure_serving.segments.condition import Condition
from tenure_serving.segments.lifecycle import LIFECYCLES
from tenure_serving.segments.tiers import TIERS

_PLAY_AXES: Mapping[str, tuple[str, ...]] = {"lifecycle": LIFECYCLES, "value_tier": TIERS, "risk_tier": TIERS}

MOST_PLAYS = 1_000


@dataclass(frozen=True, kw_only=True)
class Play:
    """One segment: who is in it, the goal, and what to do, first step first.

    Attributes
    ----------
    name
        The segment.
    labels
        The segment's name by language.
    when
        Allowed values of ``lifecycle``, ``value_tier`` and ``risk_tier``; an axis left out allows all of its values.
    where
        A further condition over scores, features and what is known of customers; None for none. Plays with one go
        first, in their order; who fulfils none belongs to the play of the tiers.
    goal
        What to reach with these customers.
    next_steps
        At least one; the first is the customer's ``next_step``.
    """

    name: str
    labels: Mapping[str, str]
    when: Mapping[str, tuple[str, ...]]
    goal: str
    next_steps: tuple[str, ...]
    where: Condition | None = None


@dataclass(frozen=True)
class Playbook:
    """Plays in order of urgency; those without a condition cover every lifecycle x value tier x risk tier exactly once.

    Examples
    --------
    >>> book = load_playbook()
    >>> book.play("VIP").next_steps[0]
    'Personal manager and early access to new products'
    """

    id: str
    version: int
    note: str
    plays: tuple[Play, ...]

    def __post_init__(self) -> None:
        _check_cover(self)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the segments, most urgent first."""
        return tuple(play.name for play in self.plays)

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that conditions of plays ask for, each once."""
        asked = (play.where.columns for play in self.plays if play.where is not None)
        return tuple(dict.fromkeys(name for names in asked for name in names))

    def label(self, name: str, *, language: str = "en") -> str:
        """Return a segment's label in a language, its name where the playbook gives none."""
        return {play.name: play.labels.get(language, play.name) for play in self.plays}.get(name, name)

    def play(self, name: str) -> Play:
        """Return the play of a segment."""
        for play in self.plays:
            if play.name == name:
                return play
        raise UsageError(f"The playbook '{self.id}' has no segment '{name}'.", found=", ".join(self.names))

    def assign(self, tiers: pd.DataFrame) -> pd.DataFrame:
        """Return ``segment`` and ``next_step`` for every row of ``lifecycle``, ``value_tier`` and ``risk_tier``.

        Conditions of plays are asked of the same table; `DataContractError` where it lacks one of `columns`.
        """
        segment = pd.Series("", index=tiers.index, dtype="str")
        next_step = segment.copy()
        # the last to write wins: first the plays of the tiers, then those with a condition, the first one last
        conditional = [play for play in self.plays if play.where is not None]
        for play in (*(play for play in self.plays if play.where is None), *reversed(conditional)):
            here = pd.Series(True, index=tiers.index) if play.where is None else _fulfil(play.where, tiers, self.id)
            for axis, allowed in play.when.items():
                here &= tiers[axis].isin(allowed)
            segment[here], next_step[here] = play.name, play.next_steps[0]
        return pd.DataFrame({"segment": segment, "next_step": next_step})

    @cached_property
    def _plays_by_tiers(self) -> dict[tuple[str, ...], Play]:
        """The play of every lifecycle, value tier and risk tier that no condition decides."""
        plain = [play for play in self.plays if play.where is None]
        return {
            values: next(
                play
                for play in plain
                if all(value in play.when.get(axis, (value,)) for axis, value in zip(_PLAY_AXES, values, strict=True))
            )
            for values in product(*_PLAY_AXES.values())
        }

    def choose(self, tiers: Mapping[str, Iterable[str]]) -> list[Play]:
        """Choose the play of each row by its tiers alone; for playbooks without conditions."""
        return [self._plays_by_tiers[key] for key in zip(*(tiers[axis] for axis in _PLAY_AXES), strict=True)]

    def to_dict(self) -> dict[str, Any]:
        """Return the content of the playbook's file; `parse_playbook` reads it back."""
        segments = [
            {
                "name": play.name,
                "labels": dict(play.labels),
                "when": {axis: list(allowed) for axis, allowed in play.when.items()}
                | ({} if play.where is None else {"where": play.where.text}),
                "goal": play.goal,
                "next_steps": list(play.next_steps),
            }
            for play in self.plays
        ]
        return {"id": self.id, "version": self.version, "note": self.note, "segments": segments}


def load_playbook(path: str | Path | None = None) -> Playbook:
    """Load a playbook from a JSON file; without a path, the starter playbook that comes with Tenure.

    Raises
    ------
    UsageError
        There is no such file.
    DataContractError
        The file is not a playbook, or leaves a combination out or gives it to two segments.
    """
    if path is None:
        text = (resources.files("tenure_serving.segments") / "data" / "playbook.json").read_text("utf-8")
    elif Path(path).is_file():
        text = Path(path).read_text("utf-8")
    else:
        raise UsageError(f"There is no playbook '{path}'.", fix="Give the path of a JSON file, or none.")
    try:
        return parse_playbook(json.loads(text))
    except json.JSONDecodeError as error:
        raise DataContractError(f"The playbook '{path}' is not JSON.", found=str(error)) from error


def parse_playbook(content: Mapping[str, Any]) -> Playbook:
    """Build a playbook from the content of its file and check it.

    Raises
    ------
    DataContractError
        A field is missing, an axis or a value is unknown, or the combinations are not covered exactly once.
    """
    try:
        if len(content["segments"]) > MOST_PLAYS:
            raise DataContractError("The playbook has too many segments.", fix=f"It has {MOST_PLAYS} at most.")
        plays = tuple(_play(segment) for segment in content["segments"])
        return Playbook(str(content["id"]), int(content["version"]), str(content.get("note", "")), plays)
    except (KeyError, TypeError, AttributeError, ValueError, OverflowError) as error:
        raise DataContractError(
            "The playbook cannot be read.",
            found=f"{type(error).__name__}: {error}",
            fix="It needs id, version and segments; every segment needs name, when, goal and next_steps.",
        ) from error


def _play(segment: Mapping[str, Any]) -> Play:
    name, steps = str(segment["name"]), tuple(str(step) for step in segment["next_steps"])
    asked = {"where": segment["when"]} if isinstance(segment["when"], str) else dict(segment["when"])
    where = _condition(asked.pop("where"), name) if "where" in asked else None
    when = {str(axis): tuple(str(value) for value in allowed) for axis, allowed in asked.items()}
    for axis, allowed in when.items():
        if axis not in _PLAY_AXES:
            raise DataContractError(
                f"The segment '{name}' asks for '{axis}'.", fix=f"Axes: {', '.join(_PLAY_AXES)}, where."
            )
        unknown = [value for value in allowed if value not in _PLAY_AXES[axis]]
        if unknown:
            raise DataContractError(
                f"The segment '{name}' asks for an unknown {axis}.",
                found=", ".join(unknown),
                fix=f"Use {', '.join(_PLAY_AXES[axis])}.",
            )
    if not steps:
        raise DataContractError(f"The segment '{name}' has no next step.", fix="Give at least one in next_steps.")
    labels = {str(language): str(label) for language, label in segment.get("labels", {}).items()}
    return Play(name=name, labels=labels, when=when, goal=str(segment["goal"]), next_steps=steps, where=where)


def _condition(text: object, segment: str) -> Condition:
    try:
        return Condition(str(text))
    except UsageError as problem:
        raise DataContractError(
            f"The condition of the segment '{segment}' cannot be used. {problem.problem}",
            found=problem.found,
            fix=problem.fix,
        ) from problem


def _fulfil(where: Condition, table: pd.DataFrame, playbook: str) -> pd.Series:
    try:
        return where.holds(table)
    except UsageError as problem:
        raise DataContractError(
            f"The playbook '{playbook}' cannot be applied. {problem.problem}", found=problem.found, fix=problem.fix
        ) from problem


def _check_cover(book: Playbook) -> None:
    gaps, overlaps = [], []
    for values in product(*_PLAY_AXES.values()):
        point = dict(zip(_PLAY_AXES, values, strict=True))
        owners = [
            play.name
            for play in book.plays
            if play.where is None and all(point[axis] in allowed for axis, allowed in play.when.items())
        ]
        place = ", ".join(f"{axis} {value}" for axis, value in point.items())
        if not owners:
            gaps.append(place)
        elif len(owners) > 1:
            overlaps.append(f"{place} ({' and '.join(owners)})")
    doubled = sorted({name for name in book.names if book.names.count(name) > 1})
    problems = [f"no segment for {gaps[0]} ({len(gaps)} such)"] if gaps else []
    problems += [f"more than one for {overlaps[0]} ({len(overlaps)} such)"] if overlaps else []
    problems += [f"the name {name} twice" for name in doubled]
    if problems:
        raise DataContractError(
            f"The playbook '{book.id}' must give every customer exactly one segment.",
            found="; ".join(problems),
            fix="Edit the 'when' of its segments.",
        )

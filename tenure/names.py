"""Names a user wrote against names that exist."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from tenure_features.errors import UsageError


def require_known(names: Iterable[str], existing: Sequence[str], *, what: str) -> None:
    """Refuse the first name that does not exist, naming the nearest one that does.

    Parameters
    ----------
    names
        What the user wrote.
    known
        What exists.
    what
        What the names are names of, in the singular.

    Raises
    ------
    UsageError
        When a name is not known.

    Examples
    --------
    >>> require_known(["horizont"], ["horizon_days", "as_of"], what="key of [run]")
    Traceback (most recent call last):
    ...
    tenure_features.errors.UsageError: There is no key of [run] called 'horizont'. Did you mean 'horizon_days'?
    """
    for name in names:
        if name not in existing:
            raise UsageError(f"There is no {what} called {name!r}.", fix=_suggestion(name, existing))


def _suggestion(name: str, existing: Sequence[str]) -> str:
    folded = {candidate.casefold(): candidate for candidate in existing}
    near = get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    if near:
        return f"Did you mean {folded[near[0]]!r}?"
    return f"Known: {', '.join(existing)}."

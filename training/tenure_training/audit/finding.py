"""What a check of the leak audit found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

CheckVerdict = Literal["passed", "failed", "not applicable"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """The result of one check.

    Attributes
    ----------
    check
        Name of the check.
    question
        What it asks, in one sentence.
    verdict
        ``passed``, ``failed``, or ``not applicable`` where there was nothing to check it on.
    evidence
        What was seen, in one sentence with numbers.
    suspects
        Names of what leaks: features, windows, tables; empty unless it failed.
    """

    check: str
    question: str
    verdict: CheckVerdict
    evidence: str
    suspects: tuple[str, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether a leak was found."""
        return self.verdict == "failed"


@dataclass(frozen=True)
class Check:
    """A check by name and question; what it sees makes a finding."""

    name: str
    question: str

    def conclude(self, suspects: Iterable[str], *, good: str, bad: str) -> Finding:
        """Make a finding: failed where there are suspects.

        Examples
        --------
        >>> check = Check("later_rows", "Do later rows change features?")
        >>> check.conclude([], good="None of 30 did.", bad="").verdict
        'passed'
        >>> check.conclude(["cheat"], good="", bad="1 did").evidence
        '1 did: cheat.'
        """
        names = tuple(dict.fromkeys(suspects))
        if not names:
            return Finding(check=self.name, question=self.question, verdict="passed", evidence=good)
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        return Finding(
            check=self.name, question=self.question, verdict="failed", evidence=f"{bad}: {shown}.", suspects=names
        )

    def skip(self, why: str) -> Finding:
        """Make a finding that says why there was nothing to check."""
        return Finding(check=self.name, question=self.question, verdict="not applicable", evidence=why)

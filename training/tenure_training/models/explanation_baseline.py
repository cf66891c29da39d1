"""Where explanations start from: the customer about whom the model is undecided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np

from tenure_features.stored import Stored, logarithm
from tenure_training.models.contract import Contributions, Floats
from tenure_training.models.design import RHYTHM_PART_NAME


@dataclass(frozen=True)
class ExplanationBaseline:
    """Mean contribution of each term among undecided customers, and among likely buyers for the value.

    In many shops most customers are long gone. Told against the average of all, a customer who has been silent for a
    year and leaves at 91 % looks better than most, and every reason would lower the risk. Told against customers whose
    odds are open (weights p (1 - p)), the same silence raises it.

    Attributes
    ----------
    churn, value
        What is taken off each term, by name, and added to the base: sums stay as they are.
    """

    churn: Mapping[str, float]
    value: Mapping[str, float]
    _by_names: dict[tuple[str, ...], tuple[Floats, Floats]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    @classmethod
    def of(cls, contributions: Contributions, *, buy_probability: Floats) -> Self:
        """Take the means over ``n`` explained customers with these probabilities to buy, shape (n,)."""
        undecided = buy_probability * (1 - buy_probability) + 1e-12
        churn = undecided @ contributions.churn / undecided.sum()
        value = (buy_probability + 1e-12) @ contributions.value / (buy_probability + 1e-12).sum()
        names = contributions.features
        return cls(
            dict(zip(names, churn.tolist(), strict=True)),
            dict(zip(names, value.tolist(), strict=True)),
        )

    def express(self, contributions: Contributions) -> Contributions:
        """Express contributions against this baseline.

        Examples
        --------
        >>> told = Contributions(
        ...     features=["a"], churn=np.array([[0.5], [2.5]]), churn_base=0.0, value=np.zeros((2, 1)), value_base=0.0
        ... )
        >>> seen = ExplanationBaseline({"a": 1.5}, {"a": 0.0}).express(told)
        >>> seen.churn.ravel().tolist(), seen.churn_base
        ([-1.0, 1.0], 1.5)
        """
        churn, value = self._means(tuple(contributions.features))
        return replace(
            contributions,
            churn=contributions.churn - churn,
            churn_base=contributions.churn_base + float(churn.sum()),
            value=contributions.value - value,
            value_base=contributions.value_base + float(value.sum()),
        )

    def _means(self, names: tuple[str, ...]) -> tuple[Floats, Floats]:
        """Take the means of terms, shape (f,) each; a model explains by the same terms again and again."""
        if names not in self._by_names:
            churn, value = (np.array([means.get(name, 0.0) for name in names]) for means in (self.churn, self.value))
            self._by_names[names] = churn, value
        return self._by_names[names]

    @classmethod
    def from_stored(cls, stored: Stored) -> Self:
        """Read what `to_dict` wrote."""
        saved = stored.fields("churn", "value")
        return cls(
            *({name: logarithm(mean) for name, mean in saved[side].read_named().items()} for side in ("churn", "value"))
        )

    def to_dict(self) -> dict[str, Any]:
        """Return the means as JSON values."""
        return {"churn": dict(self.churn), "value": dict(self.value)}


def exactly(total: Floats, terms: Mapping[str, Floats], rest: Floats, names: Sequence[str]) -> tuple[Floats, float]:
    """Terms as columns and one base for all rows; what float32 in boosters leaves over goes to the rhythm's term."""
    columns = np.column_stack([terms.get(name, np.zeros(len(total))) for name in names])
    return columns, balance(columns, total, rest, rhythm=names.index(RHYTHM_PART_NAME))


def balance(columns: Floats, total: Floats, rest: Floats, *, rhythm: int) -> float:
    """Let terms, shape (n, f), add up to a total: the rhythm's column takes what is left over; return their base."""
    base = float(rest[0]) if len(rest) else 0.0  # a booster's base is the same for every row
    columns[:, rhythm] += total - base - columns.sum(axis=1)
    return base

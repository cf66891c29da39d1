"""Who was who at earlier moments: the map that a run at each of them would have made."""

from __future__ import annotations

from copy import copy
from typing import Any

import ibis.expr.types as ir
import pandas as pd

from tenure_features.days import Moment, utc_naive
from tenure_features.identity.assignment import assign
from tenure_features.identity.kinds import PROBABILISTIC, IdentitySettings
from tenure_features.identity.linking import link
from tenure_features.identity.values import keys_at
from tenure_features.identity.workspace import Workspace
from tenure_features.reading.engine import count, fetch

_COLUMNS = ["source", "source_id", "customer_id", "first_seen"]


class Timeline:
    """Maps of earlier moments, each from what had been seen, and told apart, strictly before it.

    Made by `tenure_features.identity.resolve`. Values are normalised once; components are found anew at each moment,
    since what links later must not. Source ids that only a previous map knows belong to nobody here.

    Parameters
    ----------
    normal
        From `tenure_features.identity.values.normalise`.
    backend
        Where it lies.
    settings
        How identifiers are linked.
    apart
        See `tenure_features.identity.state.APART`.
    probabilistic
        As in `tenure_features.identity.resolve`; the model is fitted at each moment.
    until
        The moment of the run, up to which identifiers were read.
    """

    def __init__(
        self,
        normal: ir.Table,
        backend: Any,  # noqa: ANN401  # the Ibis backend class is built dynamically
        *,
        settings: IdentitySettings,
        apart: pd.DataFrame,
        probabilistic: float | None,
        until: pd.Timestamp,
    ) -> None:
        self.until = until
        self._normal, self._backend, self._settings = normal, backend, settings
        self._apart, self._probabilistic = apart, probabilistic
        self._maps: dict[pd.Timestamp, ir.Table | None] = {}

    def at(self, moment: Moment) -> pd.DataFrame:
        """Give the map of a moment: ``source, source_id, customer_id, first_seen``, the oldest source ids first."""
        when = utc_naive(moment)
        if when not in self._maps:
            self._maps[when] = self._make(when)
        made = self._maps[when]
        if made is None:
            return pd.DataFrame(columns=_COLUMNS)
        return fetch(made.select(_COLUMNS)).sort_values(["first_seen", "source", "source_id"], ignore_index=True)

    def ending(self, moment: pd.Timestamp) -> Timeline:
        """Give the maps of the same identifiers up to an earlier moment."""
        earlier = copy(self)
        earlier.until = moment
        return earlier

    def _make(self, when: pd.Timestamp) -> ir.Table | None:
        trust = (*self._settings.by_trust, PROBABILISTIC)
        with Workspace(self._backend) as work:
            keys = keys_at(self._normal, as_of=when, settings=self._settings, work=work)
            if not count(keys.limit(1)):
                return None
            apart = self._apart[self._apart["moment"] < when]
            links = link(keys, settings=self._settings, work=work, separations=apart, probabilistic=self._probabilistic)
            named = assign(links.accounts, None, shared=links.shared, by_trust=trust, as_of=when, work=work)
            return work.publish(named.rows.select(_COLUMNS))

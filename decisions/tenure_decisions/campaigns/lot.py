"""Was an arm drawn by lot? Where features known before foretell the arm, somebody chose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from tenure_decisions.campaigns.checks import STOP, TrialCheck

_FEWEST = 100


def check_lot(
    people: pd.DataFrame, names: Sequence[str], *, arms: Sequence[str], control: str, seed: int
) -> Iterator[TrialCheck]:
    """Try to foretell each arm from the features of its customers.

    A model learned from one half of the customers ranks the other half by how likely they are in the arm; by lot, it
    cannot (a classifier two-sample test: Lopez-Paz and Oquab 2017; Mann and Whitney's test of the ranks).

    Parameters
    ----------
    people
        ``arm`` and the features, one row per customer.
    names
        Of the features.
    arms, control
        Which are compared.
    seed
        Of the halves.
    """
    for arm in arms:
        mine = people[people["arm"].isin([control, arm])]
        treated = (mine["arm"] == arm).to_numpy()
        if min(treated.sum(), (~treated).sum()) < _FEWEST or not names:
            yield TrialCheck(name=f"{arm} foretold by features", reading="too few customers: not tested")
            continue
        area, p_value = _foretell(mine[list(names)].to_numpy(dtype=np.float64), treated, seed)
        limit = STOP / len(arms)
        yield TrialCheck(
            name=f"{arm} foretold by features",
            reading=f"{area:.1%} of pairs of a customer of {arm} and one of {control} are told apart; by lot 50.0%",
            p_value=p_value,
            limit=limit,
            stops=p_value < limit,
        )


def _foretell(X: np.ndarray, treated: np.ndarray, seed: int) -> tuple[float, float]:
    """Return the area under the ROC curve on the half that was not learned from, and its one-sided p-value."""
    from scipy.stats import mannwhitneyu
    from sklearn.ensemble import HistGradientBoostingClassifier

    learn = np.random.default_rng([seed, 11]).permutation(len(treated)) % 2 == 0
    model = HistGradientBoostingClassifier(
        max_iter=40, max_depth=3, min_samples_leaf=30, early_stopping=False, random_state=seed
    )
    score = model.fit(X[learn], treated[learn]).predict_proba(X[~learn])[:, 1]
    drawn = treated[~learn]
    test = mannwhitneyu(score[drawn], score[~drawn], alternative="greater")
    return float(test.statistic / (drawn.sum() * (~drawn).sum())), float(test.pvalue)

"""A scorer that takes a shop: a model trained before, newer orders."""

from __future__ import annotations

import pandas as pd

from tenure.config import EconomicsConfig
from tenure.jobs.calendars import require_same
from tenure.jobs.costs import with_past_money
from tenure.jobs.score import present_customers
from tenure_features import Catalogue, Shop
from tenure_features.html_view import render_view
from tenure_features.user_features import require_defined
from tenure_serving.language import ENGLISH, Language
from tenure_serving.scorer import Scorer


class ShopScorer(Scorer):
    """Scores customers of a shop, or rows of a snapshot, with a model trained before; `load` reads one."""

    def _repr_html_(self) -> str:
        """Show which model it is, and what its scores mean, in a notebook."""
        info = self.bundle.info
        return render_view(
            f"{info.champion}, scores for the next {info.horizon_days} days",
            facts={
                "version": self.version,
                "currency": info.currency,
                **{name: text for name, text in self.definitions.items() if isinstance(text, str)},
            },
        )

    def score(
        self,
        snapshot: pd.DataFrame | Shop,
        *,
        currency: str | None = None,
        previous: pd.DataFrame | None = None,
        catalogue: Catalogue | None = None,
        economics: EconomicsConfig | None = None,
        language: Language = ENGLISH,
    ) -> pd.DataFrame:
        """Score every customer of a shop at its moment, or every row of a snapshot.

        Parameters
        ----------
        snapshot
            A shop opened at the moment of the prediction, or a snapshot, see `tenure_serving.scorer.Scorer.score`.
        currency, previous, language
            As there; the currency is the shop's.
        catalogue
            The features, where the model reads some of the user's own.
        economics
            Costs that are known; what it cost to acquire a customer is measured in the shop where they do not say.

        Raises
        ------
        TenureError
            The model does not fit the data.
        """
        if isinstance(snapshot, pd.DataFrame):
            return super().score(snapshot, currency=currency, previous=previous, language=language)
        shop, info, features = snapshot, self.bundle.info, catalogue or Catalogue()
        require_defined(info.catalogue, features)
        require_same(shop.calendar, info.definitions.get("calendar"))
        present = with_past_money(present_customers(shop, info, features), economics or EconomicsConfig(), shop)
        return super().score(present, currency=shop.currency, previous=previous, language=language)

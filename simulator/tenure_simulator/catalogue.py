"""What the shop sells: products with category, brand, price, cost and popularity."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from tenure_simulator.arrays import Floats, Ints
from tenure_simulator.config import ShopConfig
from tenure_simulator.streams import Purpose, stream

CATEGORIES = (
    "apparel", "shoes", "accessories", "beauty", "home", "kitchen", "toys", "sports", "books", "electronics", "garden",
    "grocery",
)  # fmt: skip
CATEGORY_SHARES = np.array([20, 10, 9, 11, 10, 7, 6, 7, 6, 4, 4, 6]) / 100
CATEGORY_PRICES = np.array([32, 58, 21, 18, 29, 34, 22, 38, 14, 92, 31, 9], dtype=float)
CATEGORY_COSTS = np.array([0.46, 0.5, 0.42, 0.4, 0.52, 0.56, 0.55, 0.54, 0.62, 0.78, 0.56, 0.7])
BRANDS = ("Alder", "Birch", "Cedar", "Dune", "Ember", "Fjord", "Grove", "Heath")
BRAND_PREMIUMS = np.array([0.75, 0.85, 0.9, 1.0, 1.0, 1.1, 1.3, 1.6])
PER_BRAND = 5
SLOTS = 1024


@dataclass(frozen=True, kw_only=True)
class ProductCatalogue:
    """Products and the tables they are drawn from.

    Attributes
    ----------
    category, brand
        Index of the category and brand of each product, shape (products,).
    price, cost
        List price and cost of one piece in cents, integers.
    slots
        Shape (categories, SLOTS): product drawn for a uniform number in [0, 1), most popular products often.
    branded
        Shape (categories, brands, PER_BRAND): the products of a brand in a category, equally likely.
    """

    category: Ints
    brand: Ints
    price: Ints
    cost: Ints
    slots: Ints
    branded: Ints

    @property
    def product_ids(self) -> list[str]:
        """Product ids as they appear in the tables."""
        return [f"P{number:04d}" for number in range(len(self.price))]

    def means(self, what: Ints) -> tuple[Floats, Floats]:
        """Mean of a product property when drawn by popularity (categories,) and by brand (categories, brands)."""
        return what[self.slots].mean(axis=1), what[self.branded].mean(axis=2)


@lru_cache(maxsize=8)
def make_catalogue(config: ShopConfig) -> ProductCatalogue:
    """Draw the products of a shop; popularity within a category follows a Zipf law, quantised to ``SLOTS``."""
    rng = stream(config.seed, Purpose.CATALOGUE)
    categories, brands = len(CATEGORIES), len(BRANDS)
    category, brand, _ = (part.ravel() for part in np.indices((categories, brands, PER_BRAND)))
    level = config.baskets.price_level * CATEGORY_PRICES[category] * BRAND_PREMIUMS[brand]
    price = np.maximum(np.rint(100 * level * rng.lognormal(-0.06, 0.35, len(category))), 100).astype(np.int64)
    cost = np.rint(price * CATEGORY_COSTS[category] / BRAND_PREMIUMS[brand] ** 0.25).astype(np.int64)
    per_category = brands * PER_BRAND
    popularity = 1 / (1 + np.arange(per_category)) ** 0.8
    edges = np.cumsum(popularity) / popularity.sum()
    rank = np.searchsorted(edges, (np.arange(SLOTS) + 0.5) / SLOTS)
    slots = np.stack([rng.permutation(per_category)[rank] + c * per_category for c in range(categories)])
    branded = np.arange(len(category)).reshape(categories, brands, PER_BRAND)
    return ProductCatalogue(category=category, brand=brand, price=price, cost=cost, slots=slots, branded=branded)

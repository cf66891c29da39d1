"""Customer churn and lifetime value from an order log, turned into decisions."""

__version__ = "0.1.0"

"""What a request to score may hold, and nothing else."""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tenure_features.stored import MOST_NUMBER

MOST_ORDERS = 10_000
"""Orders, and events, of one customer in a request."""

CustomerId = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Number = Annotated[float, Field(ge=-MOST_NUMBER, le=MOST_NUMBER, allow_inf_nan=False)]
Text = Annotated[str, Field(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
RequestMoment = Annotated[dt.datetime, Field(ge=dt.datetime(1970, 1, 1), le=dt.datetime(2099, 12, 31))]


class Message(BaseModel):
    """What comes in: of these fields only, and never changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class FeatureRow(Message):
    """A customer by the features of the model; one that is missing is null."""

    customer_id: CustomerId
    features: dict[str, Number | None] = Field(max_length=5_000)


class FeatureColumns(Message):
    """Many customers by the features of the model, each feature once: a fifth of what as many rows take."""

    customer_id: list[CustomerId] = Field(min_length=1)
    features: dict[str, list[Number | None]] = Field(max_length=5_000)


class RawOrder(Message):
    """An order, or a line of one."""

    ordered_at: RequestMoment
    revenue: Number
    order_id: Text | None = None
    cost: Number | None = None
    discount: Number | None = None
    channel: Text | None = None
    device: Text | None = None
    region: Text | None = None


class RawEvent(Message):
    """Something a customer did beside ordering."""

    occurred_at: RequestMoment
    event: Text
    value: Number | None = None
    channel: Text | None = None
    device: Text | None = None


class RawCustomer(Message):
    """A customer by everything they did; what is at or after the moment of the prediction is not looked at."""

    customer_id: CustomerId
    orders: list[RawOrder] = Field(min_length=1, max_length=MOST_ORDERS)
    events: list[RawEvent] = Field(default_factory=list, max_length=MOST_ORDERS)


class ScoreRequest(Message):
    """Customers to score at one moment: by their features, in rows or in columns, or by their orders and events."""

    as_of: RequestMoment
    rows: list[FeatureRow] | None = Field(default=None, min_length=1)
    columns: FeatureColumns | None = None
    customers: list[RawCustomer] | None = Field(default=None, min_length=1)
    reasons: bool = True

    @model_validator(mode="after")
    def _one_of_three(self) -> Self:
        if sum(way is not None for way in (self.rows, self.columns, self.customers)) != 1:
            raise ValueError("give one of rows, columns and customers")
        return self

    @property
    def size(self) -> int:
        """How many customers are asked about."""
        return len(self.columns.customer_id) if self.columns is not None else len(self.rows or self.customers or ())

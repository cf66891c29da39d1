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
    """Customers to score at one moment: by their features, or by their orders and events."""

    as_of: RequestMoment
    rows: list[FeatureRow] | None = Field(default=None, min_length=1)
    customers: list[RawCustomer] | None = Field(default=None, min_length=1)
    reasons: bool = True

    @model_validator(mode="after")
    def _one_of_two(self) -> Self:
        if (self.rows is None) == (self.customers is None):
            raise ValueError("give either rows or customers")
        return self

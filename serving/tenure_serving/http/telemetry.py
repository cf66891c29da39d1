"""What a service tells of itself: metrics of its own registry, and a line of JSON per request without any customer."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal, get_args

from tenure_features.errors import DependencyUnavailableError

Stage = Literal["features", "predict", "reasons"]

_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Telemetry:
    """Counts requests and measures stages, in a registry that belongs to one service."""

    def __init__(self) -> None:
        try:
            from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
        except ImportError as error:
            raise DependencyUnavailableError(
                "The service needs packages that are not installed.", fix="Run: pip install 'tenure[serve]'"
            ) from error
        self._registry = CollectorRegistry()
        self._log = logging.getLogger("tenure.http")
        self._requests = Counter(
            "tenure_requests", "Answered requests.", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "tenure_request_seconds", "Time of whole requests.", ["route"], buckets=_BUCKETS, registry=self._registry
        )
        self._stages = Histogram(
            "tenure_stage_seconds", "Time of the stages of scoring.", ["stage"], buckets=_BUCKETS,
            registry=self._registry,
        )  # fmt: skip
        for stage in ("parse", *get_args(Stage)):
            self._stages.labels(stage)  # there from the start, so that rates of it are right
        self._rows = Counter("tenure_scored_rows", "Customers scored.", registry=self._registry)
        self._swaps = Counter("tenure_model_swaps", "Models put in place.", ["outcome"], registry=self._registry)
        self._model = Gauge("tenure_model_info", "The model that is served.", ["version"], registry=self._registry)

    @contextmanager
    def stage(self, name: Stage) -> Iterator[None]:
        """Measure one stage of a request."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self._stages.labels(name).observe(time.perf_counter() - start)

    def measure_parsing(self, received: float) -> None:
        """Measure the stage before a route is reached: the body read, parsed and checked, the key found."""
        self._stages.labels("parse").observe(time.perf_counter() - received)

    def count_request(self, *, method: str, route: str, status: int, seconds: float, caller: str) -> None:
        """Count and log a request; a route is its pattern, so that no id of a customer is in it."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(route).observe(seconds)
        self.log_event("request", method=method, route=route, status=status, ms=round(1000 * seconds, 2), caller=caller)

    def count_scored(self, rows: int) -> None:
        """Count scored customers."""
        self._rows.inc(rows)

    def serves(self, version: str, *, outcome: str = "served") -> None:
        """Say which model is served from now on, or that one was refused."""
        if outcome == "served":
            self._model.clear()
            self._model.labels(version).set(1)
        self._swaps.labels(outcome).inc()
        self.log_event("model", version=version, outcome=outcome)

    def log_event(self, event: str, **fields: object) -> None:
        """Log a line of JSON."""
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self._log.info(json.dumps({"at": moment, "event": event, **fields}, ensure_ascii=False))

    def exposition(self) -> bytes:
        """Write the metrics as Prometheus reads them."""
        from prometheus_client import generate_latest

        return generate_latest(self._registry)

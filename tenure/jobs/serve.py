"""The job behind ``tenure serve``: a model and scores behind HTTP, until somebody stops it."""

from __future__ import annotations

import gc
import ipaddress
import logging
import signal
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import get_args

import pandas as pd

from tenure.config import EconomicsConfig, TrackingConfig
from tenure.jobs.costs import with_past_money
from tenure.jobs.registration import store_of
from tenure.jobs.score import present_customers
from tenure_features import Catalogue, OrderSource, open_shop
from tenure_features.errors import TenureError, UsageError
from tenure_features.reading.sources import ReturnsPolicy
from tenure_serving.http.guard import Application, Limits
from tenure_serving.http.keys import KeyRing
from tenure_serving.http.messages import RawCustomer
from tenure_serving.http.service import Featurise, ScoreTable, ServedModel, Service
from tenure_serving.http.telemetry import Telemetry
from tenure_serving.scorer import Scorer

_MOMENTS = ("ordered_at", "occurred_at")
_NUMBERS = ("revenue", "cost", "discount", "value")
_STOP_S = 30
_KEEP_ALIVE_S = 15
_MOST_CONNECTIONS = 512


@dataclass(frozen=True, kw_only=True)
class Serving:
    """What is served where.

    Attributes
    ----------
    model
        A registered model, or the folder of one.
    scores
        Folder of scores; None for none.
    host, port
        Where it listens.
    keys
        File of keys; None for none.
    reload_seconds
        How often the registry is asked for another model; 0 for never.
    limits
        Of one request.
    """

    model: str
    scores: Path | None
    host: str
    port: int
    keys: Path | None
    reload_seconds: float
    limits: Limits


def require_safe(asked: Serving) -> None:
    """Refuse to listen where others can reach it without a key.

    Raises
    ------
    UsageError
        The address is not of loopback, and there are no keys.
    """
    if asked.keys is not None and KeyRing.load(asked.keys).keys:
        return
    if asked.keys is not None:
        raise UsageError(f"There is no key in {asked.keys}.", fix="Make one: tenure keys add NAME --role score")
    if not _is_loopback(asked.host):
        raise UsageError(
            f"Without keys the service listens on loopback alone, not on {asked.host}.",
            fix="Make a key with tenure keys add NAME, and say --keys FILE.",
        )


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def serve_job(asked: Serving, tracking: TrackingConfig, *, economics: EconomicsConfig) -> None:
    """Serve until a signal to stop; requests that have begun are answered first.

    Raises
    ------
    TenureError
        The model or the scores cannot be read, the address is not safe, or a package is missing.
    """
    require_safe(asked)
    telemetry = Telemetry()
    tracking_uri = None if Path(asked.model).exists() else store_of(tracking).tracking_uri
    scorer = Scorer.load(asked.model, tracking_uri=tracking_uri)
    scores = ScoreTable.read(asked.scores) if asked.scores else None
    service = Service(ServedModel.warm(scorer), scores=scores, featurise=featurise_with(economics))
    telemetry.serves(service.model.version)
    _log_lines()
    stop = threading.Event()
    if tracking_uri is not None and asked.reload_seconds > 0:
        arguments = (service, asked, tracking_uri, telemetry, stop)
        threading.Thread(target=_follow, args=arguments, daemon=True).start()
    try:
        run_until_stopped(_application(service, asked, telemetry), service, host=asked.host, port=asked.port)
    finally:
        stop.set()


def featurise_with(economics: EconomicsConfig) -> Featurise:
    """Compute the features of single customers from their orders and events, as batches do."""
    turn = threading.Lock()  # an engine takes memory: one at a time

    def featurise(scorer: Scorer, customers: Sequence[RawCustomer], as_of: pd.Timestamp) -> pd.DataFrame:
        info = scorer.bundle.info
        orders = [{"customer_id": who.customer_id, **order.model_dump()} for who in customers for order in who.orders]
        events = [{"customer_id": who.customer_id, **event.model_dump()} for who in customers for event in who.events]
        source = OrderSource(_table(orders), returns=_policy(info.returns), trust_customers=True)
        with turn:
            shop = open_shop(source, as_of, events=_table(events) if events else None, currency=info.currency)
            return with_past_money(present_customers(shop, info, Catalogue()), economics, shop)

    return featurise


def _policy(returns: str) -> ReturnsPolicy:
    return next(policy for policy in get_args(ReturnsPolicy) if policy == returns)


def _table(rows: list[dict[str, object]]) -> pd.DataFrame:
    """Make a table of rows, each column of its own type also where nothing is in it; moments in UTC."""
    table = pd.DataFrame(rows)
    for name in table:
        if name in _MOMENTS:
            table[name] = pd.to_datetime(table[name], utc=True).dt.tz_localize(None)
        else:
            table[name] = table[name].astype("float64" if name in _NUMBERS else "str")
    return table.drop(columns=[name for name in ("order_id",) if name in table and table[name].isna().all()])


def _application(service: Service, asked: Serving, telemetry: Telemetry) -> Application:
    from tenure_serving.http.application import create_application, watch_keys

    keys = watch_keys(asked.keys) if asked.keys else None
    return create_application(service, keys=keys, telemetry=telemetry, limits=asked.limits)


def _follow(service: Service, asked: Serving, tracking_uri: str, telemetry: Telemetry, stop: threading.Event) -> None:
    """Ask the registry now and then, and swap to the model it names; what cannot be used is said and left."""
    while not stop.wait(asked.reload_seconds):
        before = service.model.version
        try:
            service.swap(Scorer.load(asked.model, tracking_uri=tracking_uri))
        except TenureError as refusal:
            telemetry.log_event("model", outcome="refused", reason=str(refusal))
            continue
        if service.model.version != before:
            telemetry.serves(service.model.version)


def run_until_stopped(application: Application, service: Service, *, host: str, port: int) -> None:
    """Listen in this process until a signal, which is its last work: nothing of it is looked through for garbage."""
    import uvicorn

    from tenure_serving.http.patience import PatientProtocol

    config = uvicorn.Config(
        application,
        http=PatientProtocol,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE_S,
        timeout_graceful_shutdown=_STOP_S,
        limit_concurrency=_MOST_CONNECTIONS,
    )
    gc.collect()
    gc.freeze()  # to walk over libraries and a model again and again takes a tenth of a second each time
    server = uvicorn.Server(config)

    def stop(*_: object) -> None:
        server.should_exit = True

    # uvicorn stops in good order, then raises the signal again: left to itself it would end the process as a failure
    signal.signal(signal.SIGTERM, stop)
    try:
        server.run()
    except KeyboardInterrupt:
        service.ready = False


def _log_lines() -> None:
    """Send the lines of the service to standard error, and nothing else of other packages."""
    log = logging.getLogger("tenure.http")
    log.setLevel(logging.INFO)
    log.propagate = False
    if not log.handlers:
        log.addHandler(logging.StreamHandler(sys.stderr))

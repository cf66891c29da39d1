"""The routes of the service: each turns a request into a question, and its answer into JSON."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import ConfigDict, TypeAdapter
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException as StarletteHTTPException

from tenure_features.errors import TenureError
from tenure_serving.http.guard import Application, Guard, Limits
from tenure_serving.http.keys import ApiKey, KeyRing, KeyRole, allows
from tenure_serving.http.messages import ScoreRequest
from tenure_serving.http.problem import MEDIA_TYPE, describe_problem, status_of
from tenure_serving.http.service import ServedModel, Service
from tenure_serving.http.telemetry import Stage, Telemetry

_AT_ONCE = 5
"""Customers that are scored without a thread of their own: a few milliseconds."""

_JSON = TypeAdapter(dict[str, Any], config=ConfigDict(ser_json_inf_nan="null"))

_BEARER = HTTPBearer(auto_error=False, description="A key made by tenure keys add")
_PROBLEM = {"content": {MEDIA_TYPE: {"schema": {"type": "object"}}}}
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"description": "The call is wrong.", **_PROBLEM},
    401: {"description": "There is no key, or it is not good.", **_PROBLEM},
    403: {"description": "The key does not let do this.", **_PROBLEM},
    404: {"description": "There is nothing of that name.", **_PROBLEM},
    405: {"description": "There is no such method.", **_PROBLEM},
    413: {"description": "It is more than one request may hold.", **_PROBLEM},
    422: {"description": "What was sent breaks its contract.", **_PROBLEM},
    503: {"description": "Not now; try again later.", **_PROBLEM},
}


def create_application(
    service: Service, *, keys: Callable[[], KeyRing] | None, telemetry: Telemetry, limits: Limits
) -> Application:
    """Build the application.

    Parameters
    ----------
    service
        What is answered from.
    keys
        The keys that are good now; None lets everybody do everything, which is for loopback alone.
    telemetry, limits
        See `Telemetry` and `Limits`.
    """
    app = FastAPI(title="Tenure", version=service.model.version, docs_url=None, redoc_url=None)
    _add_probes(app, service, telemetry)
    require = _key_checks(keys)
    _add_scoring(app, service, require, telemetry, limits)
    _add_reading(app, service, require)
    _add_problems(app)
    return Guard(app, limits=limits, telemetry=telemetry)


def _add_probes(app: FastAPI, service: Service, telemetry: Telemetry) -> None:
    @app.get("/livez", summary="Whether the process lives")
    async def livez() -> dict[str, str]:
        return {"status": "alive"}

    @app.get("/readyz", summary="Whether it takes requests", responses={503: _PROBLEMS[503]})
    async def readyz() -> dict[str, str]:
        if not service.ready:
            raise HTTPException(503, "The service is stopping.")
        return {"status": "ready", "model": service.model.version}

    @app.get("/metrics", summary="Counters and histograms for Prometheus", response_class=Response)
    async def metrics() -> Response:
        return Response(telemetry.exposition(), media_type="text/plain; version=0.0.4")

    @app.get("/docs", include_in_schema=False)
    async def docs() -> HTMLResponse:
        return HTMLResponse(_docs_page(app))


Require = Callable[[KeyRole], Callable[..., Awaitable[None]]]


def _key_checks(keys: Callable[[], KeyRing] | None) -> Require:
    """Make the check of a role: a dependency of the routes that need it."""

    def require(role: KeyRole) -> Callable[..., Awaitable[None]]:
        async def check(
            request: Request, credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]
        ) -> None:
            if keys is not None:
                request.state.caller = _require_key(keys(), credentials, role).name

        return check

    return require


def _add_scoring(app: FastAPI, service: Service, require: Require, telemetry: Telemetry, limits: Limits) -> None:
    @app.post("/v1/score", dependencies=[Depends(require("score"))], responses=_PROBLEMS, summary="Score customers")
    async def score(asked: ScoreRequest, request: Request) -> Response:
        telemetry.measure_parsing(request.scope["received"])
        if asked.size > limits.rows:
            raise HTTPException(413, f"A request may hold {limits.rows:,} customers.")
        if asked.customers is None and asked.size <= _AT_ONCE:
            return answer(asked)  # a thread would take longer to wake than this takes
        return await run_in_threadpool(answer, asked)

    def answer(asked: ScoreRequest) -> Response:
        model, as_of = service.model, _naive(asked)
        scores = _score(service, model, asked, as_of, telemetry)
        telemetry.count_scored(asked.size)
        left_out = [] if len(scores) == asked.size else _name_absent(asked, scores)
        content = {**_heading(model, as_of), "scores": scores, "left_out": left_out}
        headers = {"X-Tenure-Model": model.version}
        return Response(_JSON.dump_json(content), media_type="application/json", headers=headers)


def _add_reading(app: FastAPI, service: Service, require: Require) -> None:
    @app.get("/v1/customers/{customer_id}", dependencies=[Depends(require("read"))], responses=_PROBLEMS,
             summary="What was last said of a customer, and before")  # fmt: skip
    def customer(customer_id: str, response: Response) -> dict[str, Any]:
        if service.scores is None:
            raise HTTPException(404, "The service was started without scores.")
        record = service.scores.customer(customer_id)
        if record is None:
            raise HTTPException(404, "There are no scores of this customer.")
        return _answer(response, service.model, service.scores.as_of, scored_by=service.scores.version, **record)

    @app.get("/v1/segments", dependencies=[Depends(require("read"))], responses=_PROBLEMS, summary="Who is where")
    def segments(response: Response) -> dict[str, Any]:
        if service.scores is None:
            raise HTTPException(404, "The service was started without scores.")
        model = service.model
        counts = service.scores.segments(model)
        return _answer(response, model, service.scores.as_of, scored_by=service.scores.version, segments=counts)

    @app.get("/v1/model", dependencies=[Depends(require("read"))], responses=_PROBLEMS, summary="The card of the model")
    def model(response: Response) -> dict[str, Any]:
        served = service.model
        return _answer(response, served, served.scorer.bundle.info.as_of, **served.card)


def _name_absent(asked: ScoreRequest, scores: list[dict[str, Any]]) -> list[str]:
    """Name the customers who are in no population: without an order before the moment."""
    scored = {row["customer_id"] for row in scores}
    return [who.customer_id for who in asked.customers or () if who.customer_id not in scored]


def _score(
    service: Service, model: ServedModel, asked: ScoreRequest, as_of: pd.Timestamp, telemetry: Telemetry
) -> list[dict[str, Any]]:
    """Score by features, or by orders and events; the stages are measured apart."""
    last: Stage = "reasons" if asked.reasons else "predict"
    if asked.customers is None:
        with telemetry.stage("features"):
            columns = asked.columns
            table = model.table_of_rows(asked.rows or ()) if columns is None else model.table_of_columns(columns)
        with telemetry.stage(last):
            return model.score(table, as_of=as_of, reasons=asked.reasons)
    if service.featurise is None:
        raise HTTPException(422, "This service takes rows of features only.")
    with telemetry.stage("features"):
        snapshot = service.featurise(model.scorer, asked.customers, as_of)
    with telemetry.stage(last):
        return model.score_snapshot(snapshot, reasons=asked.reasons)


def _require_key(ring: KeyRing, credentials: HTTPAuthorizationCredentials | None, role: KeyRole) -> ApiKey:
    key = None if credentials is None else ring.find(credentials.credentials)
    if key is None:
        raise HTTPException(401, "Send a good key: Authorization: Bearer KEY.", {"WWW-Authenticate": "Bearer"})
    if not allows(key, role):
        raise HTTPException(403, f"This needs a key of the role {role}.")
    return key


def _naive(asked: ScoreRequest) -> pd.Timestamp:
    moment = pd.Timestamp(asked.as_of)
    return moment if moment.tz is None else moment.tz_convert("UTC").tz_localize(None)


def _answer(response: Response, model: ServedModel, as_of: pd.Timestamp, **content: object) -> dict[str, Any]:
    response.headers["X-Tenure-Model"] = model.version
    return {**_heading(model, as_of), **content}


def _heading(model: ServedModel, as_of: pd.Timestamp) -> dict[str, str]:
    """Give what every answer begins with."""
    return {"model": model.version, "as_of": as_of.isoformat(), "schema": model.schema_hash}


def _add_problems(app: FastAPI) -> None:
    def answer(status: int, detail: str, headers: dict[str, str] | None = None, **more: object) -> JSONResponse:
        content = describe_problem(status, detail, **more)
        return JSONResponse(content, status_code=status, media_type=MEDIA_TYPE, headers=headers)

    @app.exception_handler(StarletteHTTPException)
    async def refuse(_request: Request, error: StarletteHTTPException) -> JSONResponse:
        return answer(error.status_code, str(error.detail), dict(error.headers or {}))

    @app.exception_handler(RequestValidationError)
    async def invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        places = [
            {"place": ".".join(map(str, fault["loc"]))[:200], "problem": str(fault["msg"])[:200]}
            for fault in error.errors()
        ]
        return answer(422, "The request is not what it must be.", errors=places[:20])

    @app.exception_handler(TenureError)
    async def unfit(_request: Request, error: TenureError) -> JSONResponse:
        return answer(status_of(error), str(error))

    @app.exception_handler(Exception)
    async def broken(_request: Request, _error: Exception) -> JSONResponse:
        return answer(500, "The service failed; this is a bug.")


def _docs_page(app: FastAPI) -> str:
    """Show the description of the API without anything from elsewhere."""
    from jinja2 import Environment, PackageLoader

    environment = Environment(loader=PackageLoader("tenure_serving.http", "templates"), autoescape=True)
    described = app.openapi()
    template = environment.get_template("docs.html.j2")
    return template.render(api=described, text=json.dumps(described, indent=2))


def watch_keys(path: Path) -> Callable[[], KeyRing]:
    """Give the keys of a file as they are now; it is read again when it has changed."""
    seen: list[tuple[int, KeyRing]] = [(0, KeyRing())]

    def current() -> KeyRing:
        changed = path.stat().st_mtime_ns if path.exists() else 0
        if changed != seen[0][0]:
            seen[0] = (changed, KeyRing.load(path))
        return seen[0][1]

    return current

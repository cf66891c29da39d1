"""``tenure serve``: scores over HTTP."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from tenure import options


def serve(
    model: Annotated[
        str, typer.Option("--model", metavar="URI", help="A registered model, or the model folder of a run.")
    ] = "models:/tenure-scorer@champion",
    scores: Annotated[
        Path | None, typer.Option("--scores", metavar="DIR", help="Scores to answer questions about customers from.")
    ] = None,
    host: Annotated[str, typer.Option("--host", help="Address; other than loopback only with keys.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", min=1, max=65535)] = 8000,
    keys: Annotated[Path | None, typer.Option("--keys", metavar="FILE", help="Keys made by tenure keys add.")] = None,
    reload: Annotated[
        float, typer.Option("--reload", min=0, help="Seconds between questions to the registry; 0 for never.")
    ] = 30.0,
    most_rows: Annotated[int, typer.Option("--most-rows", min=1, help="Customers in one request.")] = 10_000,
    timeout: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds a request may take.")] = 30.0,
    tracking_uri: options.TrackingUri = None,
) -> None:
    """Serve scores over HTTP: customers by their features or their orders, cards, segments, health, metrics.

    It follows the champion: a new one is checked and put in place without a request lost. Ctrl-C or SIGTERM stops it.

    Example: tenure serve --scores out --port 8000
    """
    from tenure.config import EconomicsConfig, TrackingConfig
    from tenure.jobs.serve import Serving, serve_job
    from tenure_serving.http.guard import Limits

    asked = Serving(
        model=model,
        scores=scores,
        host=host,
        port=port,
        keys=keys,
        reload_seconds=reload,
        limits=Limits(rows=most_rows, seconds=timeout),
    )
    serve_job(asked, TrackingConfig(uri=tracking_uri), economics=EconomicsConfig())

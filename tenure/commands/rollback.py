"""``tenure rollback``: the champion before the present one is the champion again."""

from __future__ import annotations

from typing import Annotated

import typer

from tenure import options


def rollback(
    reason: Annotated[str, typer.Option("--reason", help="Why, for the record.")] = "Rolled back by hand.",
    tracking_uri: options.TrackingUri = None,
    json: options.Json = False,
) -> None:
    """Let the champion before the present one be the champion again.

    A second call goes one further back.

    Example: tenure rollback --reason "Totals are off since Monday"
    """
    from tenure.config import TrackingConfig
    from tenure.jobs.promotion import rollback_job
    from tenure.output import emit

    result = rollback_job(TrackingConfig(uri=tracking_uri), reason=reason)
    line = f"Model {result.model_version} (version {result.version}) is the champion again; "
    emit("rollback", [f"{line}{result.withdrawn_model_version} was withdrawn."], result, as_json=json)

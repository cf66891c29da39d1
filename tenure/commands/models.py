"""``tenure models``: every registered model, and who was champion when."""

from __future__ import annotations

from tenure import options


def models(tracking_uri: options.TrackingUri = None, json: options.Json = False) -> None:
    """List the registered models, their grades, and who was champion when.

    Example: tenure models
    """
    from tenure.config import TrackingConfig
    from tenure.jobs.promotion import models_job, models_lines, models_payload
    from tenure.output import emit

    versions = models_job(TrackingConfig(uri=tracking_uri))
    emit("models", models_lines(versions), models_payload(versions), as_json=json)

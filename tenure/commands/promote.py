"""``tenure promote``: the challenger becomes the champion if the gate lets it."""

from __future__ import annotations

from tenure import options


def promote(
    orders: options.Orders = None,
    column: options.Columns = None,
    returns: options.ReturnsOption = None,
    trust_customers: options.TrustCustomers = None,
    encoding: options.Encoding = None,
    currency: options.Currency = None,
    as_of: options.AsOf = None,
    seed: options.Seed = None,
    candidate: options.OwnCandidates = None,
    features: options.Features = None,
    config: options.ConfigFile = None,
    engine: options.EngineOption = None,
    tracking_uri: options.TrackingUri = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    profile: options.Profile = None,
) -> None:
    """Let the challenger become the champion if the gate lets it.

    Both are fitted anew at the same past moments of a log and compared: not worse in ranking, probability and value by
    more than chance, and calibration, coverage and totals within limits. Otherwise exit code 4.

    Example: tenure promote --orders orders.parquet
    """
    from tenure.config_file import load_config
    from tenure.jobs.promotion import promote_job
    from tenure.output import emit
    from tenure.progress import open_progress

    asked = {
        "orders": options.log(
            orders, column, returns=returns, currency=currency, trust_customers=trust_customers, encoding=encoding
        ),
        "engine": options.engine(engine),
        "run": options.question(as_of, seed=seed, candidates=candidate),
        "features": options.own_features(features),
        "tracking": options.tracking(tracking_uri),
    }
    settings = load_config(config, overrides=asked)
    with open_progress(quiet=quiet, profile=profile) as progress:
        result = promote_job(settings, progress=progress)
    checks = [f"  {name}: {verdict}" for name, verdict in result.checks.items()]
    emit("promote", [f"Model {result.model_version} is the champion. {result.reason}", *checks], result, as_json=json)

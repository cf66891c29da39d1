"""``tenure channels``: what customers of each acquisition channel cost and bring."""

from __future__ import annotations

from tenure import options


def channels(
    scores: options.ScoresOption = None,
    days: options.ValueDays = 365,
    overhead: options.Overhead = 0.0,
    since: options.Since = None,
    level: options.LevelOption = 0.8,
    orders: options.Orders = None,
    column: options.Columns = None,
    returns: options.ReturnsOption = None,
    trust_customers: options.TrustCustomers = None,
    encoding: options.Encoding = None,
    currency: options.Currency = None,
    as_of: options.AsOf = None,
    seed: options.Seed = None,
    out: options.Out = None,
    config: options.ConfigFile = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    profile: options.Profile = None,
) -> None:
    """Tell what customers of each channel cost, what they bring, and when they have paid back.

    Reads the tables customers, spend, events and service_costs of the configuration; those that are missing leave
    their columns empty. First and last touch stand side by side; customers without a channel are a row of their own.

    Example: tenure channels --config tenure.toml --scores out --out out
    """
    from tenure.config_file import load_config
    from tenure.jobs.economics import channel_job
    from tenure.jobs.outputs import input_places, require_apart
    from tenure.jobs.studies import StudySettings
    from tenure.output import show
    from tenure.progress import open_progress

    asked = {
        "orders": options.log(
            orders, column, returns=returns, currency=currency, trust_customers=trust_customers, encoding=encoding
        ),
        "run": options.question(as_of, seed=seed),
    }
    settings = load_config(config, overrides=asked)
    study = StudySettings(days=days, overhead_rate=overhead, since=since, level=level)
    require_apart(out, input_places(settings), results=[config, scores])
    with open_progress(quiet=quiet, profile=profile) as progress:
        result = channel_job(settings, scores, settings=study, progress=progress)
    show("channels", result, out=out, as_json=json)


def growth(
    scores: options.ScoresOption = None,
    days: options.ValueDays = 365,
    overhead: options.Overhead = 0.0,
    since: options.Since = None,
    level: options.LevelOption = 0.8,
    orders: options.Orders = None,
    column: options.Columns = None,
    returns: options.ReturnsOption = None,
    trust_customers: options.TrustCustomers = None,
    encoding: options.Encoding = None,
    currency: options.Currency = None,
    as_of: options.AsOf = None,
    seed: options.Seed = None,
    out: options.Out = None,
    config: options.ConfigFile = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    profile: options.Profile = None,
) -> None:
    """Compute G = C x CLV / CAC for the shop, per channel and per month, and what one more point would do.

    Both conventions are printed with their formula: CLV before the cost of acquisition, and net of it.

    Example: tenure growth --config tenure.toml --scores out
    """
    from tenure.config_file import load_config
    from tenure.jobs.economics import growth_job
    from tenure.jobs.outputs import input_places, require_apart
    from tenure.jobs.studies import StudySettings
    from tenure.output import show
    from tenure.progress import open_progress

    asked = {
        "orders": options.log(
            orders, column, returns=returns, currency=currency, trust_customers=trust_customers, encoding=encoding
        ),
        "run": options.question(as_of, seed=seed),
    }
    settings = load_config(config, overrides=asked)
    study = StudySettings(days=days, overhead_rate=overhead, since=since, level=level)
    require_apart(out, input_places(settings), results=[config, scores])
    with open_progress(quiet=quiet, profile=profile) as progress:
        result = growth_job(settings, scores, settings=study, progress=progress)
    show("growth", result, out=out, as_json=json)

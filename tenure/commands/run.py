"""``tenure run``: the whole job."""

from __future__ import annotations

from tenure import options


def run(
    orders: options.Orders = None,
    column: options.Columns = None,
    returns: options.ReturnsOption = None,
    trust_customers: options.TrustCustomers = None,
    encoding: options.Encoding = None,
    currency: options.Currency = None,
    as_of: options.AsOf = None,
    horizon: options.Horizon = None,
    active_days: options.ActiveDays = None,
    seed: options.Seed = None,
    candidate: options.Candidates = None,
    features: options.Features = None,
    trials: options.Trials = None,
    timeout: options.Timeout = None,
    jobs: options.Jobs = None,
    out: options.Out = None,
    previous: options.Previous = None,
    config: options.ConfigFile = None,
    engine: options.EngineOption = None,
    tracking_uri: options.TrackingUri = None,
    language: options.LanguageOption = None,
    experiment: options.Experiment = None,
    register: options.Register = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
    profile: options.Profile = None,
) -> None:
    """Train, backtest, register, score and report in one go.

    Writes scores.parquet, report.html, call_list.csv and manifest.json into --out.

    Example: tenure run --orders orders.csv --column customer_id=client --as-of 2011-06-11 --horizon 90 --out out
    """
    from tenure.config_file import load_config
    from tenure.jobs.outputs import input_places, require_apart
    from tenure.jobs.run import run_job
    from tenure.output import emit
    from tenure.progress import open_progress
    from tenure.report.render import run_lines

    asked = {
        "orders": options.log(
            orders, column, returns=returns, currency=currency, trust_customers=trust_customers, encoding=encoding
        ),
        "engine": options.engine(engine),
        "run": options.question(
            as_of, horizon, active_days, seed=seed, candidates=candidate, out=out, previous=previous
        ),
        "features": options.own_features(features),
        "report": options.report(language),
        "tuning": options.tuning(trials, timeout, jobs),
        "tracking": options.tracking(tracking_uri, experiment, register=register),
    }
    settings = load_config(config, overrides=asked)
    require_apart(settings.run.out, input_places(settings), results=[config])
    folder = options.out_folder(settings.run.out)
    with open_progress(quiet=quiet, profile=profile) as progress:
        result = run_job(settings, folder, progress=progress)
    summary = {name: value for name, value in vars(result).items() if name != "scores"}  # a file, not a message
    emit("run", run_lines(result), summary, as_json=json)

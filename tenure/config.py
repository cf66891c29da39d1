"""What a job is told: the schema of ``tenure.toml`` and of the options that override it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field, field_validator

from tenure.config_experiments import ExperimentsConfig
from tenure.config_section import ConfigMoment, ConfigSection
from tenure.names import require_known
from tenure_features.tables.contracts import TABLES

MAX_HORIZON_DAYS = 3650
OPEN_TABLES = frozenset({"customers"})
"""Tables that take columns beyond their contract: whatever a shop knows of its customers."""

ReturnsChoice = Literal["net", "drop", "raise"]


class TableConfig(ConfigSection):
    """One table beside the orders: where it lies and how its columns are called there.

    Attributes
    ----------
    uri
        A file, a glob, or a URI.
    columns
        Contract column -> source column or SQL expression.
    encoding, preset
        How text files are written, such as ``cp1251``; the export it is, such as ``shopify``, or ``none``. None: found.
    """

    uri: str = Field(min_length=1)
    columns: dict[str, str] = Field(default_factory=dict)
    encoding: str | None = None
    preset: str | None = None


class OrdersConfig(TableConfig):
    """The order log.

    Attributes
    ----------
    returns
        What a row with negative revenue does: ``net`` subtracts it from its customer's revenue, ``drop`` sets it
        aside, ``raise`` refuses the log.
    currency
        The currency of ``revenue``, shown beside every amount; a ``currency`` column in the log wins over it.
    trust_customers
        Whether the customers are right although each ordered once, or one holds more than a twentieth of the orders.
    """

    returns: ReturnsChoice = "net"
    currency: str | None = None
    trust_customers: bool = False


class RunConfig(ConfigSection):
    """The question: for whom, from when, how far ahead.

    Attributes
    ----------
    as_of
        The moment of the prediction, UTC-naive; None: the day after the last order.
    horizon_days
        Length of the predicted window; None: the readiness report's suggestion.
    active_days
        Narrows the population to customers with an order in so many days before ``as_of``; None: everybody.
    seed
        Seed of every generator.
    candidates
        Names of the models that compete in the backtest; None: all of them.
    out
        The folder results are written to.
    allow_gap
        Whether scores may be made for a moment later than the last order by more than the shop's usual pause.
    previous
        Scores of an earlier moment: the report tells who moved, and customers keep their groups within the margin.
    """

    as_of: ConfigMoment | None = None
    horizon_days: int | None = Field(default=None, ge=1, le=MAX_HORIZON_DAYS)
    active_days: int | None = Field(default=None, ge=1)
    seed: int = Field(default=0, ge=0, lt=2**32)
    candidates: tuple[str, ...] | None = Field(default=None, min_length=1)
    out: Path | None = None
    allow_gap: bool = False
    previous: Path | None = None


class TuningConfig(ConfigSection):
    """How long settings of models are searched before the backtest; ``docs/models.md`` says how.

    Attributes
    ----------
    trials
        Sets of settings tried per candidate; 0: none, every model keeps its defaults.
    timeout_s
        Seconds after which no further one is begun; None: no limit.
    jobs
        Processes; with 1 the same search gives the same settings.
    candidates
        Names of the models to tune.
    """

    trials: int = Field(default=0, ge=0)
    timeout_s: float | None = Field(default=None, gt=0)
    jobs: int = Field(default=1, ge=1)
    candidates: tuple[str, ...] = Field(default=("blend",), min_length=1)


class EngineConfig(ConfigSection):
    """Where tables are read and features computed.

    Attributes
    ----------
    kind
        ``duckdb``, in this process; ``spark``, on the active Spark session or a local one.
    memory_limit
        What DuckDB, or a local Spark session, may hold before it spills.
    threads
        Threads of one query.
    temp_directory
        Where it spills; None: a folder under the system's temporary folder.
    """

    kind: Literal["duckdb", "spark"] = "duckdb"
    memory_limit: str = Field(default="2GB", pattern=r"^\d+(\.\d+)?\s?[MG]i?B$")
    threads: int = Field(default=2, ge=1)
    temp_directory: Path | None = None


class TrackingConfig(ConfigSection):
    """Where the run is recorded in MLflow.

    Attributes
    ----------
    uri
        Tracking URI; None: ``MLFLOW_TRACKING_URI`` when set, else an SQLite file in ``mlruns/``.
    experiment
        Name of the experiment.
    register_model
        Whether the champion is registered (``register`` in the file: pydantic keeps that name for itself).
    """

    uri: str | None = None
    experiment: str = Field(default="tenure", min_length=1)
    register_model: bool = Field(default=True, alias="register")


class EconomicsConfig(ConfigSection):
    """What orders and customers cost: from revenue to CLV, and what a retention campaign costs.

    Attributes
    ----------
    discount_rate_per_year
        Effective annual rate; 0 for none.
    lifetime_years
        How many years from ``as_of`` on ``clv_to_come`` counts.
    margin
        Share of net revenue left after the cost of goods; None: from ``cost`` of the orders where it is mapped.
    service_cost_per_order
        Cost of serving one order; None: from the table ``service_costs`` where it is given.
    cac
        Cost of acquiring a customer; None: from the tables ``spend`` and ``customers`` (by ``acquisition_channel``)
        where both are given.
    contact_cost, offer_cost
        What it costs to contact a customer, and what an accepted offer costs; None: a two-hundredth and a twentieth of
        the mean value of a customer.
    acceptance
        Share of would-be churners who take the offer and stay.
    """

    discount_rate_per_year: float = Field(default=0.1, ge=0, le=1)
    lifetime_years: float = Field(default=3.0, ge=0.1, le=50)
    margin: float | None = Field(default=None, gt=0, le=1)
    service_cost_per_order: float | None = Field(default=None, ge=0)
    cac: float | None = Field(default=None, ge=0)
    contact_cost: float | None = Field(default=None, ge=0)
    offer_cost: float | None = Field(default=None, ge=0)
    acceptance: float = Field(default=0.3, gt=0, lt=1)


class SegmentsConfig(ConfigSection):
    """How customers are grouped; ``docs/segments.md`` says what each limit means.

    Attributes
    ----------
    rfm_mode, rfm_scale, rfm_thresholds
        Thresholds by ``quintile``, ``adbt`` or ``fixed`` (then given: ``recency``, ``frequency``, ``monetary``), on
        scores from 1 to 3, 4 or 5; ``auto`` is 3 under 30,000 customers, 4 up to 200,000, else 5.
    rfm_map, relationship_map
        The maps behind ``rfm_group`` and ``rfm_relationship``: ``common_eleven``, ``relationship``, ``simple``, or the
        path of a JSON file.
    value_shares, value_basis, value_by
        Shares of value that the high tier, and the high and medium tiers together, bring; of value ``if_buys`` (risk
        taken out) or ``expected``; by ``revenue`` or ``contribution`` (None: contribution where costs are known).
    risk_basis, risk_odds_ratio, risk_cuts, loss_shares
        Risk by ``probability`` (limits at the shop's odds divided and multiplied by the ratio) or by
        ``expected_loss`` (limits by shares of all money at risk); or fixed limits, in the unit of the basis.
    new_days, late, gone
        Days a customer is new (None: the usual gap within 7 and 90 days); usual gaps of silence until late, and gone.
    playbook
        Path of a JSON file; None: the starter playbook.
    margin
        How far beyond a border a customer must be to leave the group of earlier scores, as a share of the border.
    """

    rfm_mode: Literal["quintile", "adbt", "fixed"] = "quintile"
    rfm_scale: Literal[3, 4, 5, "auto"] = 5
    rfm_thresholds: dict[str, tuple[float, ...]] | None = None
    rfm_map: str = Field(default="common_eleven", min_length=1)
    relationship_map: str = Field(default="relationship", min_length=1)
    value_shares: tuple[float, float] = (0.5, 0.8)
    value_basis: Literal["if_buys", "expected"] = "if_buys"
    value_by: Literal["revenue", "contribution"] | None = None
    risk_basis: Literal["probability", "expected_loss"] = "probability"
    risk_odds_ratio: float = Field(default=2.0, gt=1)
    risk_cuts: tuple[float, float] | None = None
    loss_shares: tuple[float, float] = (0.5, 0.8)
    new_days: float | None = Field(default=None, ge=0)
    late: float = Field(default=2.0, gt=0)
    gone: float = Field(default=4.0, gt=0)
    playbook: str | None = None
    margin: float = Field(default=0.1, ge=0, lt=1)


class ReportConfig(ConfigSection):
    """What people read: ``language`` is that of reports, cards, groups and reasons."""

    language: Literal["en", "ru"] = "en"


class ModelsConfig(ConfigSection):
    """What models learn from.

    Attributes
    ----------
    use
        What they may use of ``gender`` and ``birth_year``; nothing unless it is named here.
    most_customers
        Customers that models are fitted for and judged on; in a larger shop a sample of so many. None: 50,000.
    """

    use: tuple[Literal["gender", "birth_year"], ...] = ()
    most_customers: int | None = Field(default=None, ge=50)


Month = Literal[
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
]  # fmt: skip


class SeasonConfig(ConfigSection):
    """What you expect of times of the year that the orders may not have shown yet.

    Attributes
    ----------
    expected
        Factor on the orders of the window to predict, beside what the model expects of it, such as 1.3.
    months
        Orders a day by month against those of an ordinary one, such as ``december = 2.0``; months not named count 1.
    """

    expected: float = Field(default=1.0, gt=0, le=20)
    months: dict[Month, Annotated[float, Field(gt=0, le=20)]] = Field(default_factory=dict)

    @property
    def by_month(self) -> tuple[float, ...]:
        """Twelve numbers, January first; none where no month is named."""
        return tuple(self.months.get(month, 1.0) for month in get_args(Month)) if self.months else ()


class FeaturesConfig(ConfigSection):
    """Features beyond the catalogue.

    Attributes
    ----------
    files
        Python files that define features; see `tenure_features.Catalogue.with_file`.
    """

    files: tuple[str, ...] = ()


class CalendarConfig(ConfigSection):
    """What is known of coming days in advance.

    Attributes
    ----------
    country, subdivision
        Codes of the country (ISO 3166) and the state or province whose holidays count; None: no holidays.
    uri
        A table with a column ``date`` and numbers by day; None: none.
    in_models
        Whether models look at the calendar; None: where the history covers two years and the horizon.
    """

    country: str | None = None
    subdivision: str | None = None
    uri: str | None = None
    in_models: bool | None = None


class IdentityConfig(ConfigSection):
    """How source ids become customers, from the table ``identifiers``.

    Attributes
    ----------
    enabled
        Whether ids of orders and other tables are replaced by customers before anything is counted.
    default_region
        Region of phone numbers without a country code, such as ``DE``.
    source
        The system whose ids orders and other tables carry; None: any, as long as no id means two customers.
    limits
        Source ids that may share one value, by kind; a value shared by more links nobody. A kind named here that is
        not one of the contract's is taken as a further one.
    weak
        Kinds that only bring source ids without a strong identifier to the one person they are known for.
    priority
        Kinds, most trusted first; those not named follow in their usual order.
    blocked
        Further values that never link.
    plus_domains
        Further e-mail domains whose provider ignores ``+tag``; ``*`` for all of them.
    largest
        Source ids a customer may have; larger components are split.
    previous
        ``identity_map.parquet`` of the run before (or its folder): customer ids stay.
    probabilistic
        Also link what splink gives at least this probability (needs the extra ``identity``).
    """

    enabled: bool = False
    default_region: str | None = None
    source: str | None = None
    limits: dict[str, Annotated[int, Field(ge=2)]] = Field(default_factory=dict)
    weak: tuple[str, ...] = ("device", "cookie")
    priority: tuple[str, ...] = ()
    blocked: tuple[str, ...] = ()
    plus_domains: tuple[str, ...] = ()
    largest: int = Field(default=25, ge=2)
    previous: Path | None = None
    probabilistic: float | None = Field(default=None, gt=0, lt=1)


class Config(ConfigSection):
    """Everything a job is told.

    Examples
    --------
    >>> config = Config(orders=OrdersConfig(uri="orders.csv"), run=RunConfig(as_of="2011-06-11", horizon_days=90))
    >>> config.run.as_of, config.orders.returns, config.tracking.experiment
    (datetime.datetime(2011, 6, 11, 0, 0), 'net', 'tenure')
    """

    orders: OrdersConfig
    tables: dict[str, TableConfig] = Field(default_factory=dict)
    features: FeaturesConfig = Field(default_factory=FeaturesConfig)
    models: ModelsConfig = Field(default_factory=ModelsConfig)
    season: SeasonConfig = Field(default_factory=SeasonConfig)
    calendar: CalendarConfig | None = None
    run: RunConfig = Field(default_factory=RunConfig)
    engine: EngineConfig = Field(default_factory=EngineConfig)
    segments: SegmentsConfig = Field(default_factory=SegmentsConfig)
    report: ReportConfig = Field(default_factory=ReportConfig)
    tuning: TuningConfig = Field(default_factory=TuningConfig)
    tracking: TrackingConfig = Field(default_factory=TrackingConfig)
    identity: IdentityConfig = Field(default_factory=IdentityConfig)
    economics: EconomicsConfig = Field(default_factory=EconomicsConfig)
    experiments: ExperimentsConfig = Field(default_factory=ExperimentsConfig)

    @field_validator("orders", mode="after")
    @classmethod
    def _known_order_columns(cls, orders: OrdersConfig) -> OrdersConfig:
        require_known(orders.columns, tuple(TABLES["orders"].columns), what="column of orders")
        return orders

    @field_validator("tables", mode="after")
    @classmethod
    def _known_tables(cls, tables: dict[str, TableConfig]) -> dict[str, TableConfig]:
        require_known(tables, tuple(name for name in TABLES if name != "orders"), what="table")
        for name, table in tables.items():
            if name not in OPEN_TABLES:
                require_known(table.columns, tuple(TABLES[name].columns), what=f"column of {name}")
        return tables

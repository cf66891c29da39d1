"""A shop on disk: every table as Parquet, the truth beside it, and a ``tenure.toml`` that maps them."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from tenure_simulator.archive import CONFIG_FILE, contacts_truth, customers_truth, orders_truth
from tenure_simulator.arrays import Floats
from tenure_simulator.block import count_blocks, draw_block
from tenure_simulator.channel_truth import channels_truth, value_sums
from tenure_simulator.channels import spend_table
from tenure_simulator.columns import to_frame
from tenure_simulator.config import ShopConfig
from tenure_simulator.dirt import spoil
from tenure_simulator.identities import DOMAINS, identities_table
from tenure_simulator.lifetime import lifetime_at
from tenure_simulator.outlook import truth_at
from tenure_simulator.streams import Purpose, stream
from tenure_simulator.tabulate import BLOCK_TABLES, SPEND_TABLE, choose_tables
from tenure_simulator.truth import Truth, gather
from tenure_simulator.uplift import uplift_at_launch

_HORIZONS = (30, 90, 180, 365)
"""Horizons whose outlook is written, beside the configured one."""

BlockProgress = Callable[[int, int], None]


@dataclass(frozen=True)
class SimulationResult:
    """What `simulate` wrote.

    Attributes
    ----------
    out
        The folder.
    config_path
        The ``tenure.toml`` that maps the tables.
    truth_path
        The folder with the truth.
    rows
        Rows of each table, the truth's under ``truth/``.
    """

    out: Path
    config_path: Path
    truth_path: Path
    rows: Mapping[str, int]


@dataclass(frozen=True)
class _Written:
    rows: Mapping[str, int]
    value_sums: Floats


def simulate(
    config: ShopConfig,
    out: Path,
    *,
    tables: Sequence[str] | None = None,
    progress: BlockProgress | None = None,
    expectations: bool = True,
    workers: int = 1,
) -> SimulationResult:
    """Simulate a shop and write its tables, its truth and a ``tenure.toml`` into a folder.

    A table is one file (``orders.parquet``), or a folder of parts, one per block of customers
    (``orders/part-00000.parquet``), when the shop has several blocks. The same configuration gives the same bytes,
    with any number of workers and whatever other tables are written.

    Parameters
    ----------
    config
        From `preset`, or your own.
    out
        Folder; created if missing. Files of an earlier simulation in it are replaced.
    tables
        Tables to write, by contract name; all when None. The truth is always written.
    progress
        Called with (blocks done, blocks in all) after each block.
    expectations
        Whether to compute and write what is to be expected: ``truth/outlook``, ``lifetime`` and ``uplift``. They take
        most of the time; without them the truth that was drawn is written all the same, and `truth_at`,
        `lifetime_at` and `uplift_at_launch` compute them from it.
    workers
        Processes; each needs the memory of one block (about 300 MB for 20,000 customers with all tables).

    Raises
    ------
    UsageError
        When a table name is unknown or ``orders`` is not among them.
    """
    chosen, out = choose_tables(tables), Path(out)
    (out / "truth").mkdir(parents=True, exist_ok=True)
    _clear(out)
    total = count_blocks(config)
    rows: dict[str, int] = {}
    sums: Floats = np.zeros(())
    work = partial(write_block, config, out, chosen, expectations)
    for done, written in enumerate(_each_block(config, work, workers), start=1):
        sums = sums + written.value_sums
        for name, count in written.rows.items():
            rows[name] = rows.get(name, 0) + count
        if progress is not None:
            progress(done, total)
    rows |= _write_shop(config, out, chosen, sums)
    config_path = out / "tenure.toml"
    config_path.write_text(job_toml(config, chosen), encoding="utf-8")
    return SimulationResult(out, config_path, out / "truth", rows)


def _each_block(config: ShopConfig, work: Callable[[int], _Written], workers: int) -> Iterator[_Written]:
    if workers <= 1:
        yield from map(work, range(count_blocks(config)))
        return
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from pool.map(work, range(count_blocks(config)))


def write_block(config: ShopConfig, out: Path, tables: tuple[str, ...], expectations: bool, index: int) -> _Written:
    """Draw one block and write its share of the tables and of the truth."""
    block = draw_block(config, index)
    rows: dict[str, int] = {}
    for name in tables:
        if name == SPEND_TABLE:
            continue
        table = BLOCK_TABLES[name](block)
        if name == "orders" and config.dirt:
            rows |= _write_dirty(config, out, index, to_frame(table))
        else:
            rows[name] = _write(table, _part(out, config, index, name))
    truth = gather(config, [block])
    truth_tables = (
        _truth_tables(truth)
        | {"identities": identities_table(block)}
        | (_expectation_tables(truth) if expectations else {})
    )
    for name, table in truth_tables.items():
        rows[f"truth/{name}"] = _write(table, _part(out / "truth", config, index, name))
    return _Written(rows, value_sums(config, block.traits))


def _truth_tables(truth: Truth) -> dict[str, pa.Table]:
    return {"customers": customers_truth(truth), "orders": orders_truth(truth), "contacts": contacts_truth(truth)}


def _expectation_tables(truth: Truth) -> dict[str, pa.Table]:
    config = truth.config
    as_of = pd.Timestamp(config.start) + pd.Timedelta(days=config.days)
    frames = {
        "outlook": truth_at(truth, as_of, sorted({*_HORIZONS, config.horizon_days})),
        "lifetime": lifetime_at(truth, as_of),
        "uplift": uplift_at_launch(truth),
    }
    return {name: pa.Table.from_pandas(frame, preserve_index=False) for name, frame in frames.items()}


def _write_dirty(config: ShopConfig, out: Path, index: int, orders: pd.DataFrame) -> dict[str, int]:
    rng = stream(config.seed, Purpose.DIRT, block=index)
    spoiled, dirt = spoil(orders, config.dirt, rng, share=config.dirt_share)
    spoiled.to_csv(_part(out, config, index, "orders", suffix="csv"), index=False, lineterminator="\n")
    table = pa.Table.from_pandas(dirt, preserve_index=False)
    return {"orders": len(spoiled), "truth/dirt": _write(table, _part(out / "truth", config, index, "dirt"))}


def _write_shop(config: ShopConfig, out: Path, tables: tuple[str, ...], sums: Floats) -> dict[str, int]:
    """Write what belongs to the shop as a whole."""
    truth, rows = out / "truth", dict[str, int]()
    if SPEND_TABLE in tables:
        spend = pa.Table.from_pandas(spend_table(config), preserve_index=False)
        day = spend.schema.get_field_index("date")
        rows[SPEND_TABLE] = _write(
            spend.set_column(day, "date", spend["date"].cast(pa.date32())), out / "spend.parquet"
        )
    channels = pa.Table.from_pandas(channels_truth(config, sums), preserve_index=False)
    changes = pa.Table.from_pandas(changes_truth(config), preserve_index=False)
    rows["truth/channels"] = _write(channels, truth / "channels.parquet")
    rows["truth/changes"] = _write(changes, truth / "changes.parquet")
    (truth / CONFIG_FILE).write_text(config.model_dump_json(indent=1) + "\n", encoding="utf-8")
    return rows


def changes_truth(config: ShopConfig) -> pd.DataFrame:
    """Return the known dates of change: prices, channels, pauses, launches and campaigns."""
    changes = [
        ("price_change", "", c.day, f"prices x {c.price:g}, demand x {c.demand:g}") for c in config.price_changes
    ]
    changes += [
        ("channel_change", c.channel, c.day, "worse customers at a higher cost") for c in config.channel_changes
    ]
    changes += [("launch", c.name, c.launch_day, "first day") for c in config.channels if c.launch_day]
    for channel in config.channels:
        changes += [("pause", channel.name, first, f"until day {last}") for first, last in channel.pauses]
    changes += [("campaign", c.name, c.day, f"{c.effect_days} days, audience {c.audience}") for c in config.campaigns]
    frame = pd.DataFrame(changes, columns=["kind", "name", "day", "meaning"])
    start = np.datetime64(config.start, "us")
    frame.insert(0, "changed_at", start + frame["day"].to_numpy(dtype="timedelta64[D]"))
    return frame.drop(columns="day").sort_values(["changed_at", "kind", "name"], ignore_index=True)


def _part(folder: Path, config: ShopConfig, index: int, name: str, *, suffix: str = "parquet") -> Path:
    if count_blocks(config) == 1:
        return folder / f"{name}.{suffix}"
    (folder / name).mkdir(parents=True, exist_ok=True)
    return folder / name / f"part-{index:05d}.{suffix}"


def _write(table: pa.Table, path: Path) -> int:
    # Without the stored Arrow schema every reader sees plain strings instead of dictionaries.
    pq.write_table(table, path, compression="zstd", store_schema=False)
    return int(table.num_rows)


def _clear(out: Path) -> None:
    """Remove files of an earlier simulation, which would otherwise be read together with the new ones."""
    for name in (*BLOCK_TABLES, SPEND_TABLE, *TRUTH_TABLES):
        for folder in (out, out / "truth"):
            for suffix in ("parquet", "csv"):
                (folder / f"{name}.{suffix}").unlink(missing_ok=True)
                for part in (folder / name).glob(f"part-*.{suffix}"):
                    part.unlink()


TRUTH_TABLES = ("contacts", "outlook", "lifetime", "uplift", "identities", "channels", "changes", "dirt")


def job_toml(config: ShopConfig, tables: Sequence[str]) -> str:
    """Return a ``tenure.toml`` that maps the tables of a shop; paths are relative to the file."""

    def uri(name: str) -> str:
        suffix = "csv" if name == "orders" and config.dirt else "parquet"
        return f"{name}.{suffix}" if name == SPEND_TABLE or count_blocks(config) == 1 else f"{name}/part-*.{suffix}"

    lines = ["# A simulated shop; what was drawn is in truth/.", "[orders]", f'uri = "{uri("orders")}"']
    for name in tables:
        if name != "orders":
            lines += ["", f"[tables.{name}]", f'uri = "{uri(name)}"']
    if config.identities.fragmented and "identifiers" in tables:
        domains = ", ".join(f'"{name}"' for name in DOMAINS)
        lines += ["", "[identity]", "enabled = true", 'default_region = "DE"', f"plus_domains = [{domains}]"]
    as_of = config.start + timedelta(days=config.days)
    return "\n".join([*lines, "", "[run]", f"as_of = {as_of}", f"horizon_days = {config.horizon_days}", ""])

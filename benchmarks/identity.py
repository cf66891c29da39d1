"""How long five million identifiers take to link, and how right the links are.

    python benchmarks/identity.py            # 5,000,000 identifiers, and shops of 10,000 customers
    python benchmarks/identity.py --quick    # 200,000 identifiers, and shops of 2,000 customers

The identifiers of the first part are generated: people with one to four accounts; e-mails in several spellings,
phones in several formats, devices that two people share, cookies that nobody does. Reading, checking, normalising,
linking and writing the map run in a process of their own, so that its peak memory is its own. The limit, 120 seconds
for five million on two quiet cores, is scaled with the number of identifiers. The second part links simulated shops and
holds the links against their truth: pairwise precision and recall over accounts, deterministic and with splink, beside
the ceiling: the recall of a union-find over the values that accounts share, which no comparison of equal values can
pass. There are two shops: the default one, which delivers parcels, and a sparse one, whose accounts have a phone number
in six cases of ten and an address of their own in two. Deterministic links must have a precision of .995 in both, a
recall of .95 in the default shop, and a recall within .01 of the ceiling in both. It exits with 1 where a limit is
missed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tenure_simulator.block import CustomerBlock

LIMIT_SECONDS, LIMIT_ROWS = 120.0, 5_000_000
MIN_PRECISION, MIN_RECALL, BELOW_CEILING = 0.995, 0.95, 0.01
SEEDS = (0, 1, 2)
SHOPS: dict[str, dict[str, float]] = {"default": {}, "sparse": {"phone": 0.6, "other_email": 0.2}}
"""Settings of `tenure_simulator.behaviour.IdentityHabits` by shop."""
PER_ACCOUNT = 2.3
"""Identifiers of an account, on average."""


def generate(rows: int, folder: Path) -> None:
    """Write identifiers and the truth about their accounts as Parquet, in DuckDB, without a loop."""
    import duckdb

    people = int(rows / PER_ACCOUNT / 1.75)
    steps = f"""
    CREATE TABLE accounts AS SELECT person, a, ['shop', 'app', 'store', 'web'][a + 1] AS source,
      ['SH', 'AP', 'ST', 'WB'][a + 1] || lpad(((person * 38710483 + 7) % 100000000)::VARCHAR, 8, '0') AS source_id,
      TIMESTAMP '2022-01-01' + to_seconds((hash(person, a) % 94608000)::BIGINT) AS seen_at, hash(a, person, 1) AS luck
      FROM range({people}) p(person), range(4) q(a) WHERE a = 0 OR hash(person, a, 2) % 4 = 0;
    CREATE TABLE identifiers AS
      SELECT source, source_id, 'email' AS kind, CASE luck % 5 WHEN 0 THEN upper(mail) WHEN 1 THEN ' ' || mail
        WHEN 2 THEN replace(mail, '@', '+shop@') ELSE mail END AS value, seen_at
        FROM (SELECT *, 'person.' || person || '.of.' || (person % 977) || '@' ||
          ['gmail.com', 'example.com', 'outlook.com'][person % 3 + 1] AS mail FROM accounts)
      UNION ALL SELECT source, source_id, 'phone', CASE luck % 4 WHEN 0 THEN '0' || area || ' ' || number
        WHEN 1 THEN '+49 ' || area || ' ' || number WHEN 2 THEN '0049' || area || number
        ELSE '(0' || area || ') ' || number END, seen_at
        FROM (SELECT *, 151 + person % 9 AS area, lpad((person * 7654321 % 100000000)::VARCHAR, 8, '0') AS number
          FROM accounts) WHERE luck % 10 < 6
      UNION ALL SELECT source, source_id, 'device', 'dev-' || CASE WHEN person % 25 = 0 THEN person + 1 ELSE person END,
        seen_at FROM accounts WHERE luck % 10 < 3
      UNION ALL SELECT source, source_id, 'cookie', md5((person * 31 + a)::VARCHAR), seen_at FROM accounts
        WHERE luck % 10 < 4;
    COPY (SELECT * FROM identifiers LIMIT {rows}) TO '{folder}/identifiers.parquet';
    COPY (SELECT source, source_id, person::VARCHAR AS customer_id FROM accounts) TO '{folder}/truth.parquet';
    """  # noqa: S608
    connection = duckdb.connect()
    for step in steps.split(";"):
        if step.strip():
            connection.execute(step)


def work(folder: Path) -> dict[str, float]:
    """Link the identifiers of a folder and write the map; return rows, seconds, CPU seconds and peak memory."""
    import pyarrow.parquet as pq

    from tenure_features.identity import IdentitySettings, resolve
    from tenure_features.reading.engine import Engine
    from tenure_features.reading.sources import TableSource
    from tenure_features.tables.shop_table import open_table

    start, used = time.perf_counter(), time.process_time()
    backend = Engine().connect()
    source = TableSource(folder / "identifiers.parquet")
    opened = open_table("identifiers", source, as_of="2025-01-01", backend=backend)
    read = time.perf_counter() - start
    found = resolve(opened.rows, as_of="2025-01-01", backend=backend, settings=IdentitySettings(default_region="DE"))
    linked = time.perf_counter() - start
    found.state.write(folder)
    return {
        "rows": pq.read_metadata(folder / "identifiers.parquet").num_rows,
        "read": read,
        "linked": linked,
        "seconds": time.perf_counter() - start,
        "cpu_seconds": time.process_time() - used,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "source_ids": found.source_ids,
        "customers": found.customers,
    }


def accuracy(folder: Path) -> tuple[float, float]:
    """Pairwise precision and recall of a map against the truth beside it, in plain SQL."""
    import duckdb

    def pairs(columns: str) -> float:
        grouped = f"SELECT count(*) AS n FROM both_ids GROUP BY {columns}"  # noqa: S608
        return float(connection.execute(f"SELECT sum(n * (n - 1) / 2) FROM ({grouped})").fetchone()[0])  # noqa: S608

    connection = duckdb.connect()
    connection.execute(
        f"CREATE TABLE both_ids AS SELECT m.customer_id AS found, t.customer_id AS real "  # noqa: S608
        f"FROM '{folder}/identity_map.parquet' m JOIN '{folder}/truth.parquet' t USING (source, source_id)"
    )
    return pairs("found, real") / pairs("found"), pairs("found, real") / pairs("real")


def shop_block(shop: str, seed: int, customers: int) -> CustomerBlock:
    """Draw a simulated shop in which orders are placed by account."""
    from tenure_simulator import preset
    from tenure_simulator.behaviour import IdentityHabits
    from tenure_simulator.block import draw_block

    asked = {"identities": IdentityHabits(fragmented=True, **SHOPS[shop])}
    return draw_block(preset("fragmented", customers=customers, seed=seed).model_copy(update=asked), 0)


def shop_accuracy(block: CustomerBlock, probabilistic: float | None) -> tuple[float, float]:
    """Precision and recall on a simulated shop."""
    import ibis
    import pyarrow.parquet as pq

    from tenure_features.identity import IdentitySettings, resolve
    from tenure_features.reading.engine import Engine
    from tenure_simulator.identities import DOMAINS, identifiers_table, identities_table

    rules = IdentitySettings(default_region="DE", plus_domains=DOMAINS)
    backend = Engine().connect()
    with tempfile.TemporaryDirectory() as folder:
        pq.write_table(identities_table(block), Path(folder) / "truth.parquet")
        rows = ibis.memtable(identifiers_table(block))
        found = resolve(rows, as_of="2025-01-01", backend=backend, settings=rules, probabilistic=probabilistic)
        found.state.write(Path(folder))
        return accuracy(Path(folder))


def ceiling(block: CustomerBlock) -> float:
    """Recall of a union-find over what accounts truly share: the best that equal strong values allow."""
    from tenure_simulator.columns import to_frame
    from tenure_simulator.identities import identifiers_table, identities_table

    rows = to_frame(identifiers_table(block))
    rows = rows[rows["kind"].isin(["email", "phone", "loyalty_card"])]
    tidy = rows["value"].str.strip().str.lower().str.replace("+shop", "", regex=False)
    digits = rows["value"].str.replace(r"\D", "", regex=True).str.replace(r"^(0049|49|0)", "", regex=True)
    keys = rows["kind"] + ":" + tidy.mask(rows["kind"] == "phone", digits)
    parent: dict[str, str] = {}

    def root(node: str) -> str:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    for account, key in zip(rows["source_id"], keys, strict=True):
        parent[root(account)] = root(key)
    truth = to_frame(identities_table(block))
    truth = truth[truth["source_id"].isin(rows["source_id"])]
    together = truth.groupby(["customer_id", truth["source_id"].map(root)]).size()
    whole = truth.groupby("customer_id").size()
    return float((together * (together - 1)).sum() / (whole * (whole - 1)).sum())


def verdict(met: bool) -> str:
    return "met" if met else "NOT met"


def speed(rows: int) -> bool:
    """Print how long generated identifiers take, and say whether the limit is met."""
    with tempfile.TemporaryDirectory() as folder:
        generate(rows, Path(folder))
        ran = subprocess.run(
            [sys.executable, __file__, "--job", folder], check=True, capture_output=True, text=True,
            env=os.environ | {"OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        seen = json.loads(ran.stdout.splitlines()[-1])
        precision, recall = accuracy(Path(folder))
    limit = LIMIT_SECONDS * rows / LIMIT_ROWS
    print("| identifiers | source ids | customers | seconds | of them reading | writing | CPU seconds | peak MB |")
    print("|---:|---:|---:|---:|---:|---:|---:|---:|")
    print(
        f"| {seen['rows']:,} | {seen['source_ids']:,} | {seen['customers']:,} | {seen['seconds']:.1f} "
        f"| {seen['read']:.1f} | {seen['seconds'] - seen['linked']:.1f} | {seen['cpu_seconds']:.1f} "
        f"| {seen['peak_mb']:,.0f} |"
    )
    print(f"\nLimit {limit:.1f} s for {rows:,} identifiers: {verdict(seen['seconds'] <= limit)} (wall).")
    print(f"The CPU seconds on two cores would be {seen['cpu_seconds'] / 2:.1f} s at best.")
    print(f"Precision {precision:.4f}, recall {recall:.4f} on the generated identifiers.\n")
    return bool(seen["seconds"] <= limit)


def shops(customers: int) -> bool:
    """Print how right the links are, and say whether every limit is met."""
    print(f"Shops of {customers:,} customers, seeds {', '.join(map(str, SEEDS))}.\n")
    print("| shop | seed | way | precision | recall | ceiling of equal values | limits |")
    print("|---|---:|---|---:|---:|---:|---|")
    verdicts = []
    for shop in SHOPS:
        for seed in SEEDS:
            block = shop_block(shop, seed, customers)
            best = ceiling(block)
            for way, threshold in (("deterministic", None), ("with splink, 0.5", 0.5)):
                precision, recall = shop_accuracy(block, threshold)
                least = MIN_RECALL if shop == "default" else 0.0
                met = precision >= MIN_PRECISION and recall >= max(least, best - BELOW_CEILING)
                verdicts.append(met or threshold is not None)
                print(
                    f"| {shop} | {seed} | {way} | {precision:.4f} | {recall:.4f} | {best:.4f} "
                    f"| {verdict(met) if threshold is None else '-'} |",
                    flush=True,
                )
    print(
        f"\nLimits of deterministic links: precision {MIN_PRECISION}, recall {MIN_RECALL} in the default shop and "
        f"within {BELOW_CEILING} of the ceiling in both: {verdict(all(verdicts))}."
    )
    return all(verdicts)


def main() -> None:
    """Print both parts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a smaller measurement")
    parser.add_argument("--rows", type=int, help="identifiers; 5,000,000, or 200,000 with --quick")
    parser.add_argument("--part", choices=["speed", "shops"], help="only this part")
    parser.add_argument("--job", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.job:
        print(json.dumps(work(options.job)))
        return
    print(f"load average before: {os.getloadavg()[0]:.1f}\n")
    met = True
    if options.part != "shops":
        met &= speed(options.rows or (200_000 if options.quick else LIMIT_ROWS))
    if options.part != "speed":
        met &= shops(2_000 if options.quick else 10_000)
    sys.exit(0 if met else 1)


if __name__ == "__main__":
    main()

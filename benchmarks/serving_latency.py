"""How long `tenure serve` takes to answer, beside a bare FastAPI app that does nothing but call the same boosters.

Both are one process on loopback and are asked alike, so many times a second whether answers come or not: a time counts
from the moment a request was due, so that waiting is not left out. The one is the command itself, as it is started by
hand. Then 10,000 customers at once, and a soak in which the champion is swapped every few seconds.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import uvicorn
from fastapi import FastAPI, Request
from scoring import Limit, Report, tenure

from tenure.jobs.serve import run_until_stopped
from tenure_serving.golden import GOLDEN, golden_rows
from tenure_serving.http.application import create_application
from tenure_serving.http.guard import Limits
from tenure_serving.http.service import ServedModel, Service
from tenure_serving.http.telemetry import Telemetry
from tenure_serving.scorer import Scorer
from tenure_training.models.boosted.boosting import Boosted
from tenure_training.models.bundle import write_bundle
from tenure_training.models.hurdle.hurdle import FittedHurdle

RATE = 50
MANY = 10_000
SWAP_SECONDS = 5.0


def bare_application(scorer: Scorer) -> FastAPI:
    """Make an app that reads the same request and calls the model's boosters: scores, and SHAP values."""
    import xgboost

    app, names = FastAPI(), list(scorer.bundle.info.features)
    boosters = list(boosters_of(scorer))

    @app.post("/v1/score")
    async def score(request: Request) -> dict[str, Any]:
        body = await request.json()
        values = np.array([[row["features"][name] for name in names] for row in body["rows"]], dtype=np.float64)
        answers = []
        for booster in boosters:
            matrix = xgboost.DMatrix(np.resize(values, (len(values), len(booster.columns))), nthread=1)
            answers.append(booster.booster.predict(matrix, output_margin=True).tolist())
            answers.append(booster.booster.predict(matrix, pred_contribs=True)[:, :3].tolist())
        return {"answers": answers}

    return app


def boosters_of(scorer: Scorer) -> Iterator[Boosted]:
    """Find the boosters of the model."""
    model = scorer.bundle.candidate
    if not isinstance(model, FittedHurdle):
        raise SystemExit(f"{scorer.bundle.info.champion!r} has no boosters to be compared with; give a blend.")
    for part in (model.odds.trees, model.odds.habits, model.severity.trees):
        if part is not None:
            yield part


def serve(kind: str, folders: Sequence[Path], port: int) -> None:
    """Serve boosters alone, or models that take turns, in this process."""
    scorer = Scorer.load(folders[0])
    if kind == "bare":
        uvicorn.run(bare_application(scorer), port=port, log_config=None, access_log=False)
        return
    service = Service(ServedModel.warm(scorer))
    threading.Thread(target=take_turns, args=(service, folders), daemon=True).start()
    application = create_application(service, keys=None, telemetry=Telemetry(), limits=Limits())
    run_until_stopped(application, service, host="127.0.0.1", port=port)


def take_turns(service: Service, folders: Sequence[Path]) -> None:
    """Put the next model in place, again and again, as a new champion in the registry would be."""
    turn = 0
    while True:
        time.sleep(SWAP_SECONDS)
        turn += 1
        service.swap(Scorer.load(folders[turn % len(folders)]))


@contextmanager
def serving(kind: str, folders: Sequence[Path]) -> Iterator[tuple[int, int]]:
    """Run a server of its own process, and give its port and its id."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    words = [sys.executable, __file__, "--serve", kind, "--port", str(port), *map(str, folders)]
    if kind == "tenure" and len(folders) == 1:
        words = [sys.executable, "-m", "tenure", "serve", "--model", str(folders[0]), "--port", str(port)]
    environment = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
    process = subprocess.Popen(words, env=environment, stderr=subprocess.DEVNULL)
    try:
        for _ in range(600):
            time.sleep(0.2)
            with socket.socket() as line:
                if line.connect_ex(("127.0.0.1", port)) == 0:
                    break
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(timeout=60)


async def ask(port: int, message: bytes, lines: list[Any]) -> bytes:
    """Ask once over a connection that is free, or a new one; give the body of the answer."""
    while lines and lines[-1][0].at_eof():  # the server hangs up on who says nothing for a while, as it should
        lines.pop()[1].close()
    reader, writer = lines.pop() if lines else await asyncio.open_connection("127.0.0.1", port, limit=1 << 26)
    writer.write(message)
    head = await reader.readuntil(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise ConnectionError(head[:80])
    length = next(int(line[15:]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    body = await reader.readexactly(length)
    lines.append((reader, writer))
    return body


Loaded = tuple[np.ndarray, list[bytes | None], list[float]]


async def load(port: int, message: bytes, *, seconds: float, pid: int) -> Loaded:
    """Ask `RATE` times a second; give milliseconds by request, the answers (None: it failed), and memory in MB."""
    lines: list[Any] = []
    count, start = int(RATE * seconds), time.perf_counter() + 0.5
    times, answers, memory = np.full(count, np.nan), [None] * count, []

    async def one(number: int) -> None:
        due = start + number / RATE
        await asyncio.sleep(max(due - time.perf_counter(), 0.0))
        try:
            answers[number] = await ask(port, message, lines)
        except (OSError, asyncio.IncompleteReadError) as failure:
            print(f"  request {number}, second {number / RATE:.1f}: {failure!r}")
            return
        times[number] = 1000 * (time.perf_counter() - due)

    for second in range(int(seconds)):
        await asyncio.gather(*(one(number) for number in range(second * RATE, (second + 1) * RATE)))
        memory.append(resident_megabytes(pid))
    return times, answers, memory


def resident_megabytes(pid: int) -> float:
    """Memory of a process."""
    pages = int(Path(f"/proc/{pid}/statm").read_text("ascii").split()[1])
    return pages * os.sysconf("SC_PAGESIZE") / 2**20


def message_of(body: dict[str, Any]) -> bytes:
    """Write a request."""
    content = json.dumps(body).encode()
    lines = ["POST /v1/score HTTP/1.1", "Host: x", "Content-Type: application/json", f"Content-Length: {len(content)}"]
    return "\r\n".join([*lines, "", ""]).encode() + content


def customers_of(scorer: Scorer, count: int) -> pd.DataFrame:
    """Make up features that vary: nobody's, but of the size and kind of somebody's."""
    generator, names = np.random.default_rng(1), list(scorer.bundle.info.features)
    values = generator.gamma(1.5, 20.0, (count, len(names))).round(3)
    values[generator.random(values.shape) < 0.2] = np.nan
    table = pd.DataFrame(values, columns=names)
    for name in ("recency_days", "orders_total", "revenue_total", "order_days", "value_mean", "span_days"):
        table[name] = generator.gamma(2.0, 30.0, count).round() + 1
    return table.assign(tenure_days=table["recency_days"] + table["span_days"])[names]


def with_null(values: Sequence[float]) -> list[float | None]:
    """Write what is missing as null."""
    return [None if np.isnan(value) else value for value in values]


def other_model(folder: Path, scorer: Scorer) -> Path:
    """Write a model that expects half as much again of everybody."""
    bundle, model = scorer.bundle, scorer.bundle.candidate
    dearer = replace(model, severity=replace(model.severity, log_scale=model.severity.log_scale + np.log(1.5)))
    extras = {**bundle.extras, GOLDEN: golden_rows(dearer, bundle.info.features, as_of=bundle.info.as_of)}
    write_bundle(folder, dearer, bundle.info, dict(bundle.segments), extras=extras)
    return folder


def measure(model: Path, work: Path, *, seconds: float, soak_minutes: float) -> int:
    """Measure everything and judge it."""
    report, scorer = Report(), Scorer.load(model)
    people = customers_of(scorer, MANY)
    as_of, names = scorer.bundle.info.as_of.isoformat(), list(scorer.bundle.info.features)
    first = dict(zip(names, with_null(people.iloc[0].tolist()), strict=True))
    single = message_of({"as_of": as_of, "rows": [{"customer_id": "c", "features": first}]})
    columns = {name: with_null(people[name].tolist()) for name in names}
    table = {"customer_id": [f"c{number}" for number in range(MANY)], "features": columns}
    print(f"{len(names)} features, {RATE} requests a second; load of the machine {os.getloadavg()[0]:.1f}")
    shown = {}
    for kind in ("bare", "tenure"):
        with serving(kind, [model]) as (port, pid):
            asyncio.run(load(port, single, seconds=2, pid=pid))
            times, answers, _ = asyncio.run(load(port, single, seconds=seconds, pid=pid))
            shown[kind] = np.nanpercentile(times, [50, 95, 99])
            figures = "  ".join(f"p{level} {value:.1f}" for level, value in zip((50, 95, 99), shown[kind], strict=True))
            print(f"  {kind:<8}{figures} ms, {sum(answer is None for answer in answers)} of {len(times)} failed")
            if kind == "tenure":
                for reasons in (False, True):
                    many = message_of({"as_of": as_of, "columns": table, "reasons": reasons})
                    start = time.perf_counter()
                    asyncio.run(ask(port, many, []))
                    took = time.perf_counter() - start
                    report.judge(Limit(f"{MANY:,} rows{', reasons' if reasons else ''}, s", high=2.0), took)
    report.judge(Limit("p99, ms", high=10.0), float(shown["tenure"][2]))
    report.judge(Limit("p99 over bare p99", high=3.0), float(shown["tenure"][2] / shown["bare"][2]))
    if soak_minutes > 0:
        soak(report, [model, other_model(work / "other", scorer)], single, minutes=soak_minutes)
    return 4 if report.failed else 0


def soak(report: Report, folders: Sequence[Path], message: bytes, *, minutes: float) -> None:
    """Swap models under load, and look for failures, mixed answers and memory that grows."""
    with serving("tenure", folders) as (port, pid):
        times, answers, memory = asyncio.run(load(port, message, seconds=60 * minutes, pid=pid))
    seen: dict[str, set[float]] = {}
    mixed = 0
    for answer in answers:
        if answer is not None:
            said = json.loads(answer)
            mixed += any(row["model_version"] != said["model"] for row in said["scores"])
            seen.setdefault(said["model"], set()).add(said["scores"][0]["expected_value"])
    slow = np.nanpercentile(times, 99)
    print(f"  soak of {minutes:g} minutes: p99 {slow:.1f} ms, models {', '.join(sorted(seen))}")
    report.judge(Limit("failed requests", high=0.0), float(sum(answer is None for answer in answers)))
    mixed += sum(len(values) - 1 for values in seen.values())
    report.judge(Limit("answers of mixed models", high=0.0), float(mixed))
    report.judge(Limit("models seen", low=2.0), float(len(seen)))
    third = max(len(memory) // 3, 1)
    grown = float(np.median(memory[-third:]) - np.median(memory[third : 2 * third] or memory))
    report.judge(Limit("memory, last third less the one before, MB", high=20.0), grown)


def main() -> int:
    """Measure, or serve where the script calls itself."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", type=Path, help="model folder of a run; none: a demo shop is trained")
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--soak-minutes", type=float, default=10.0)
    parser.add_argument("--serve", choices=("bare", "tenure"), help=argparse.SUPPRESS)
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.serve:
        serve(options.serve, options.models, options.port)
        return 0
    with tempfile.TemporaryDirectory() as work:
        if not options.models:
            tenure(["demo", "--customers", "1000", "--out", f"{work}/demo"], Path(work))
        model = options.models[0] if options.models else Path(work) / "demo" / "model"
        return measure(model, Path(work), seconds=options.seconds, soak_minutes=options.soak_minutes)


if __name__ == "__main__":
    sys.exit(main())

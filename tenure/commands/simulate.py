"""``tenure simulate``: a shop with known truth."""

from __future__ import annotations

from typing import Annotated

import typer

from tenure import options


def simulate(
    out: options.Out = None,
    preset: Annotated[
        str,
        typer.Option("--preset", metavar="NAME", help="shop, subscription, marketplace, tiny, dirty or fragmented."),
    ] = "shop",
    customers: Annotated[
        int | None, typer.Option("--customers", min=1, help="How many customers. [default: the preset's own number]")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Same seed, same bytes.")] = 0,
    workers: Annotated[
        int, typer.Option("--workers", min=1, help="Processes for shops of over 20,000 customers; same bytes.")
    ] = 1,
    json: options.Json = False,
    quiet: options.Quiet = False,
    profile: options.Profile = None,
) -> None:
    """Write the tables of a simulated shop, and its truth.

    Parquet files, truth/, and a tenure.toml that maps them.

    Example: tenure simulate --customers 5000 --out shop, then: tenure run --config shop/tenure.toml --out out
    """
    from tenure.output import emit
    from tenure.progress import open_progress
    from tenure_simulator import preset as preset_config
    from tenure_simulator import simulate as write_shop

    folder = options.out_folder(out)
    shop = preset_config(preset, customers=customers, seed=seed)
    with (
        open_progress(quiet=quiet, profile=profile) as progress,
        progress.stage(f"Simulating {shop.customers:,} customers"),
    ):
        written = write_shop(shop, folder, progress=progress.advance, workers=workers)
    files = sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    lines = [f"Wrote {len(files)} files into {folder}:", *(f"  {n:>12,}  {name}" for name, n in written.rows.items())]
    payload = {
        "out": folder, "files": files, "rows": dict(written.rows),
        "preset": preset, "customers": shop.customers, "seed": seed,
    }  # fmt: skip
    emit(
        "simulate", [*lines, "", f"Next: tenure run --config {folder / 'tenure.toml'} --out out"], payload, as_json=json
    )

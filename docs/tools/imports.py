"""Draw which package imports which: ``python docs/tools/imports.py`` writes ``docs/imports.svg``."""

from __future__ import annotations

from collections.abc import Mapping, Set
from pathlib import Path

import grimp

PACKAGES = (
    "tenure", "tenure_serving", "tenure_connectors", "tenure_simulator", "tenure_training",
    "tenure_decisions", "tenure_features",
)  # fmt: skip
PICTURE = Path(__file__).resolve().parents[1] / "imports.svg"
WIDTH, BOX, ROW, LINE, MARGIN = 960, 290, 150, 17, 20


def read_imports() -> tuple[dict[str, set[str]], dict[str, list[str]]]:
    """Read which package imports which others, and the rooms (packages inside) of each."""
    graph = grimp.build_graph(*PACKAGES, cache_dir=None)
    imports: dict[str, set[str]] = {package: set() for package in PACKAGES}
    for module in graph.modules:
        home = module.partition(".")[0]
        imports[home] |= {name.partition(".")[0] for name in graph.find_modules_directly_imported_by(module)} - {home}
    rooms = {
        package: sorted(
            child.rpartition(".")[2] for child in graph.find_children(package) if graph.find_children(child)
        )
        for package in PACKAGES
    }
    return imports, rooms


def below(package: str, imports: Mapping[str, Set[str]]) -> set[str]:
    """Every package that a package needs, itself or through another."""
    return set(imports[package]).union(*(below(other, imports) for other in imports[package]))


def reduced(imports: Mapping[str, Set[str]]) -> dict[str, list[str]]:
    """Leave arrows out that follow from others."""
    return {
        package: sorted(other for other in needs if not any(other in below(third, imports) for third in needs))
        for package, needs in imports.items()
    }


def rank(package: str, imports: Mapping[str, Set[str]]) -> int:
    """Count the storeys below a package."""
    return 1 + max((rank(other, imports) for other in imports[package]), default=-1)


def places(imports: Mapping[str, Set[str]]) -> dict[str, tuple[float, float]]:
    """Place every package: the left upper corner of its box."""
    ranks = {package: rank(package, imports) for package in imports}
    corners = {}
    for storey in set(ranks.values()):
        row = [package for package in imports if ranks[package] == storey]
        for k, package in enumerate(row):
            left = (WIDTH - len(row) * BOX) / (len(row) + 1)
            corners[package] = (left + k * (BOX + left), MARGIN + (max(ranks.values()) - storey) * ROW)
    return corners


def draw(imports: Mapping[str, Set[str]], rooms: Mapping[str, list[str]]) -> str:
    """Draw boxes with the rooms of each package, and an arrow down to each package it needs."""
    corners, height = places(imports), 74
    bottom = max(y for _, y in corners.values()) + height + MARGIN
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {bottom:.0f}" font-family="sans-serif">',
        '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="8" markerHeight="8" orient="auto">'
        '<path d="M0 0 8 4 0 8z" fill="#666"/></marker></defs>',
    ]
    for package, needs in reduced(imports).items():
        x, y = corners[package]
        for other in needs:
            to_x, to_y = corners[other]
            parts.append(
                f'<line x1="{x + BOX / 2:.0f}" y1="{y + height:.0f}" x2="{to_x + BOX / 2:.0f}" y2="{to_y:.0f}" '
                'stroke="#666" stroke-width="1.5" marker-end="url(#tip)"/>'
            )
    for package, (x, y) in corners.items():
        parts.append(
            f'<rect x="{x:.0f}" y="{y:.0f}" width="{BOX}" height="{height}" rx="6" fill="#f4f6fa" stroke="#334"/>'
        )
        middle = x + BOX / 2
        for k, text in enumerate((package, *lines(rooms[package]))):
            look = 'font-size="15" font-weight="bold"' if k == 0 else 'font-size="12"'
            parts.append(
                f'<text x="{middle:.0f}" y="{y + 20 + LINE * k:.0f}" text-anchor="middle" {look}>{text}</text>'
            )
    return "\n".join([*parts, "</svg>", ""])


def lines(rooms: list[str]) -> list[str]:
    """Write the rooms of a package in lines that fit its box."""
    written = [""]
    for room in rooms:
        wider = f"{written[-1]} · {room}" if written[-1] else room
        written = [*written[:-1], wider] if len(wider) <= 44 else [*written, room]
    return written


if __name__ == "__main__":
    PICTURE.write_text(draw(*read_imports()), encoding="utf-8")

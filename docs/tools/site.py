"""What the site of the docs shows beside ``docs/``: pages of other folders, and a reference made of docstrings."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

HOMES = {
    "tenure": ".", "tenure_features": "features", "tenure_training": "training", "tenure_serving": "serving",
    "tenure_decisions": "decisions", "tenure_simulator": "simulator",
    "tenure_connectors": "connectors",
}  # fmt: skip
BESIDE = {
    "README.md": "project/readme.md",
    "CONTRIBUTING.md": "project/contributing.md",
    "CHANGELOG.md": "project/changelog.md",
    "benchmarks/README.md": "project/benchmarks.md",
    "mlruns/README.md": "project/mlruns.md",
}
"""Pages that lie outside ``docs/``, and where they lie in the site."""

LINK = re.compile(r"\[([^\]\[]*)\]\((?!https?://|mailto:|#)([^)#\s]+)(#[^)\s]*)?\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages that lie elsewhere, and a page of reference per package."""
    root = Path(config.config_file_path).parent
    for name, uri in BESIDE.items():
        files.append(File.generated(config, uri, content=(root / name).read_text(encoding="utf-8")))
    for package in HOMES:
        files.append(File.generated(config, f"api/{package}.md", content=reference(root, package)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Turn links between files of the repository into links between pages; other files are named, not linked."""
    homes = {uri: name for name, uri in BESIDE.items()}
    here = page.file.src_uri
    return LINK.sub(lambda link: relinked(link, here, homes.get(here, f"docs/{here}")), markdown)


def relinked(link: re.Match[str], here: str, home: str) -> str:
    """Write one link of a page of the site, whose text lies at ``home`` in the repository."""
    text, target, anchor = link.group(1), link.group(2), link.group(3) or ""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(home), target))
    uri = BESIDE.get(path, path.removeprefix("docs/") if path.startswith("docs/") else None)
    return text if uri is None else f"[{text}]({posixpath.relpath(uri, posixpath.dirname(here))}{anchor})"


def reference(root: Path, package: str) -> str:
    """Name every public module of a package, for mkdocstrings to describe."""
    base = root / HOMES[package]
    modules = []
    for path in sorted((base / package).rglob("*.py")):
        parts = path.relative_to(base).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        if "def " in path.read_text(encoding="utf-8") and not parts[-1].startswith("__main"):
            modules.append(f"::: {name}")
    return "\n\n".join([f"# `{package}`", *modules, ""])

"""Notebooks: the source and the notebook agree, carry no outputs, and run from top to bottom."""

from __future__ import annotations

from pathlib import Path

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

SOURCES = sorted((Path(__file__).resolve().parents[2] / "notebooks").glob("*.py"))


def cells(notebook: nbformat.NotebookNode) -> list[tuple[str, str]]:
    """What a reader sees of a notebook before it has run."""
    return [(cell.cell_type, cell.source) for cell in notebook.cells]


def test_notebooks__each_has_a_source_and_each_source_a_notebook() -> None:
    assert SOURCES
    notebooks = {path.stem for path in SOURCES[0].parent.glob("*.ipynb")}
    assert {path.stem for path in SOURCES} == notebooks


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_notebook__says_what_its_source_says_and_has_no_outputs(source: Path) -> None:
    notebook = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    assert cells(notebook) == cells(jupytext.read(source)), f"write it again: jupytext --to ipynb {source.name}"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell for cell in code if cell.outputs or cell.execution_count] == []


@pytest.mark.slow
@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_notebook__runs_from_top_to_bottom(source: Path, tmp_path: Path) -> None:
    notebook = jupytext.read(source)
    client = NotebookClient(
        notebook, timeout=600, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}
    )
    client.execute()
    assert all(cell.execution_count for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip())

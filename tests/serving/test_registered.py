"""A model from the registry is nothing but a bundle, loaded by a module of tenure, or it is refused."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import yaml

from tenure_features.errors import DataContractError, UsageError
from tenure_serving.registered import bundle_of

OURS = {"code": None, "data": "data/model", "loader_module": "tenure_serving.pyfunc", "python_version": "3.13.0"}


def model(folder: Path, *, text: str | None = None, **changes: object) -> Path:
    """A model as MLflow keeps it."""
    (folder / "data" / "model").mkdir(parents=True, exist_ok=True)
    content = {"artifact_path": "x", "flavors": {"python_function": OURS | changes}, "run_id": "1"}
    (folder / "MLmodel").write_text(yaml.safe_dump(content) if text is None else text)
    return folder


def test_bundle_of__finds_the_bundle_of_each_of_our_loaders(tmp_path):
    for loader in ("tenure_serving.pyfunc", "tenure_serving.pyfunc.churn", "tenure_serving.pyfunc.clv"):
        assert bundle_of(model(tmp_path, loader_module=loader), uri="models:/m/1") == tmp_path / "data" / "model"


@pytest.mark.parametrize(
    "loader", ["json", "evil", "tenure_serving.pyfunc.evil", "tenure_serving.pyfunc ", None, 3, []]
)
def test_bundle_of__refuses_another_loader(loader, tmp_path):
    with pytest.raises(UsageError, match="models:/m/1 is not a model of tenure"):
        bundle_of(model(tmp_path, loader_module=loader), uri="models:/m/1")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"code": "code"}, "carries more than a bundle. Found: code"),
        ({"python_model": "python_model.pkl"}, "carries more than a bundle. Found: python_model"),
        ({"artifacts": {"a": {"path": "a"}}}, "carries more than a bundle. Found: artifacts"),
        ({"data": "../elsewhere"}, "outside itself. Found: '../elsewhere'"),
        ({"data": "/etc"}, "outside itself. Found: '/etc'"),
        ({"data": "."}, "outside itself"),
        ({"data": "link"}, "outside itself. Found: 'link'"),
        ({"data": 3}, "it must be a text"),
    ],
)
def test_bundle_of__refuses_code_and_a_bundle_elsewhere(changes, message, tmp_path):
    (tmp_path / "m").mkdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "m" / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DataContractError) as refusal:
        bundle_of(model(tmp_path / "m", **changes), uri="models:/m/1")
    assert message in str(refusal.value)


def test_bundle_of__refuses_another_flavour_beside_ours(tmp_path):
    content = {"flavors": {"python_function": OURS, "sklearn": {"pickled_model": "model.pkl"}}}
    with pytest.raises(DataContractError, match="Found: sklearn"):
        bundle_of(model(tmp_path, text=yaml.safe_dump(content)), uri="models:/m/1")


def test_bundle_of__refuses_hundreds_of_damaged_files_in_a_sentence(tmp_path):
    dice, text = random.Random(5), model(tmp_path).joinpath("MLmodel").read_text()  # noqa: S311  # no secret
    strange = ["!!python/object/apply:os.system [touch RAN]", "&a [*a]", "\x00", "{", "- ", "null", ": ", "\t"]
    refused = 0
    for _ in range(400):
        start, length = dice.randrange(len(text)), dice.randrange(12)
        middle = dice.choice([*strange, "".join(chr(dice.randrange(32, 127)) for _ in range(3))])
        try:
            found = bundle_of(model(tmp_path, text=text[:start] + middle + text[start + length :]), uri="models:/m/1")
        except (DataContractError, UsageError) as refusal:
            refused += len(str(refusal)) > 20
        else:
            assert found.is_relative_to(tmp_path)
            assert found != tmp_path
    assert refused > 200

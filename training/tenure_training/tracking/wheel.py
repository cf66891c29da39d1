"""The installed distribution as a wheel, so that a model can bring along what it is loaded with."""

from __future__ import annotations

import base64
import hashlib
import importlib.metadata
import importlib.util
import zipfile
from collections.abc import Iterator
from pathlib import Path

_TAG = "Wheel-Version: 1.0\nGenerator: tenure\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
_OF_A_CHECKOUT = {"METADATA": "PKG-INFO"}  # ``python -m tenure`` in a checkout finds what a build left there first
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest a zip knows: the same files are the same bytes


def write_wheel(folder: Path) -> Path:
    """Pack the packages that run here into ``tenure-VERSION-py3-none-any.whl``, and return its path.

    An installed distribution keeps its files and its metadata but not the wheel they came from, and a checkout has
    never had one; a model that names a distribution no index has could not be installed anywhere.

    Parameters
    ----------
    folder
        Where the wheel goes; it exists.
    """
    distribution = importlib.metadata.distribution("tenure")
    about = f"tenure-{distribution.version}.dist-info"
    wheel = folder / f"tenure-{distribution.version}-py3-none-any.whl"
    contents = dict(_package_files((distribution.read_text("top_level.txt") or "tenure").split()))
    for name in ("METADATA", "entry_points.txt", "top_level.txt"):
        text = distribution.read_text(name) or distribution.read_text(_OF_A_CHECKOUT.get(name, name))
        contents[f"{about}/{name}"] = (text or "").encode()
    contents[f"{about}/WHEEL"] = _TAG.encode()
    record = "".join(f"{name},sha256={_digest(content)},{len(content)}\n" for name, content in contents.items())
    contents[f"{about}/RECORD"] = f"{record}{about}/RECORD,,\n".encode()
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in contents.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content, zipfile.ZIP_DEFLATED)
    return wheel


def _package_files(packages: list[str]) -> Iterator[tuple[str, bytes]]:
    for package in sorted(packages):
        spec = importlib.util.find_spec(package)
        for place in (spec.submodule_search_locations or ()) if spec else ():
            for path in sorted(Path(place).rglob("*")):
                if path.is_file() and "__pycache__" not in path.parts:
                    yield f"{package}/{path.relative_to(place).as_posix()}", path.read_bytes()


def _digest(content: bytes) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()

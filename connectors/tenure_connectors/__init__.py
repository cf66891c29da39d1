"""Exports of shops, CRMs and analytics in, as tables of the contract; audiences for advertising and mail out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # imported on first use: Ibis takes most of a second, and the command line starts without it
    from tenure_connectors.audiences.audience import Audience, build_audience
    from tenure_connectors.audiences.platforms import PLATFORMS, Platform, platform_named
    from tenure_connectors.conversion import Conversion, convert, recognise_preset
    from tenure_connectors.preset import Preset
    from tenure_connectors.presets import EXPORTS

__all__ = [
    "EXPORTS",
    "PLATFORMS",
    "Audience",
    "Conversion",
    "Platform",
    "Preset",
    "build_audience",
    "convert",
    "platform_named",
    "recognise_preset",
]

_HOME = {
    "EXPORTS": "presets",
    "PLATFORMS": "audiences.platforms",
    "Audience": "audiences.audience",
    "Conversion": "conversion",
    "Platform": "audiences.platforms",
    "Preset": "preset",
    "build_audience": "audiences.audience",
    "convert": "conversion",
    "platform_named": "audiences.platforms",
    "recognise_preset": "conversion",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)

"""The bundled models of llamaindex-clipverify: data, and where it lies."""

from __future__ import annotations

from pathlib import Path

__version__ = "0.1.0"
__all__ = ["__version__", "path"]


def path() -> Path:
    """Return the folder of the models: ``clip`` (encoder), ``yolo`` (detector, AGPL-3.0), ``llava`` (vision language model)."""
    return Path(__file__).parent

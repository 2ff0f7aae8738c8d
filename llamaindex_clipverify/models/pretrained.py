"""Reads transformers models: downloads show their progress, folders on disk are read without bars."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers.utils import logging

from llamaindex_clipverify.boundary.failures import telling
from llamaindex_clipverify.errors import ModelError


def from_pretrained(kind: Any, name: str, *, what: str, do: str, **options: Any) -> Any:
    """Return ``kind.from_pretrained(name)``.

    Args:
        kind: A class of transformers with ``from_pretrained``.
        name: Hub id or folder.
        what: What the error says.
        do: What to do then.
        **options: Passed on.

    Raises:
        ModelError: It cannot be loaded; a damaged folder fails in many ways. Errors of too little memory pass.
    """
    with telling(ModelError, what, got=name, do=do):
        try:
            return _from_pretrained(kind, name, **options)
        except Exception as error:
            if not isinstance(error, MemoryError) and type(error).__name__ != "OutOfMemoryError":
                raise
            short: Exception = error
    raise short


def _from_pretrained(kind: Any, name: str, **options: Any) -> Any:
    quiet = Path(name).is_dir() and logging.is_progress_bar_enabled()
    if quiet:
        logging.disable_progress_bar()
    try:
        return kind.from_pretrained(name, **options)
    finally:
        if quiet:
            logging.enable_progress_bar()

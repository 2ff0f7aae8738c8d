"""Reads transformers models: downloads show their progress, folders on disk are read without bars."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from transformers.utils import logging


def from_pretrained(kind: Any, name: str, **options: Any) -> Any:
    """Return ``kind.from_pretrained(name)``; errors are those of transformers.

    Args:
        kind: A class of transformers with ``from_pretrained``.
        name: Hub id or folder.
        **options: Passed on.
    """
    quiet = Path(name).is_dir() and logging.is_progress_bar_enabled()
    if quiet:
        logging.disable_progress_bar()
    try:
        return kind.from_pretrained(name, **options)
    finally:
        if quiet:
            logging.enable_progress_bar()

"""Where and in which precision the models of a verifier compute; set before their weights are read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from llamaindex_clipverify.errors import ModelError

DTYPES = ("float32", "float16", "bfloat16")
"""Names of the precisions."""


def place(model: Any, device: str | None = None, dtype: str | None = None) -> None:
    """Set the device and the precision of a model, and of all members of an ensemble.

    Args:
        model: A model that was loaded by name.
        device: torch device, such as ``cpu`` or ``cuda:1``. Default: leave it.
        dtype: One of `DTYPES`. Default: leave it.

    Raises:
        ModelError: A model has no such setting, or there is no such precision.
    """
    if dtype is not None and dtype not in DTYPES:
        raise ModelError("no such precision", got=dtype, do=f"give one of {', '.join(DTYPES)}")
    for member in _members(model):
        for name, value in (("device", device), ("dtype", dtype)):
            if value is None:
                continue
            if not hasattr(member, name):
                raise ModelError(f"this model takes no {name}", got=repr(member), do=f"leave out {name}=")
            setattr(member, name, value)


def _members(model: Any) -> Iterator[Any]:
    """Yield the models inside ensembles and wrappers, or the model itself."""
    inner = [part for name in ("encoders", "detectors", "detector") for part in _listed(getattr(model, name, ()))]
    if not inner:
        yield model
    for part in inner:
        yield from _members(part)


def _listed(parts: Any) -> tuple[Any, ...]:
    return tuple(parts) if isinstance(parts, (list, tuple)) else (parts,)

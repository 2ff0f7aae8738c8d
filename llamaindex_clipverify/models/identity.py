"""Identifies a model by its name and a fingerprint of its weights."""

from __future__ import annotations

import hashlib
from pathlib import Path


def identity(name: str) -> str:
    """Return an identifier of the model weights: ``NAME@FINGERPRINT`` for a folder or file, else the hub id."""
    place = Path(name).expanduser()
    return f"{place.name}@{fingerprint(place)}" if place.exists() else name


def fingerprint(path: Path) -> str:
    """Return twelve hex digits that change when the weights in a file or folder do.

    Hashes the sizes and the first and last mebibyte of the weight files: enough to tell models apart, and quick at any size.
    """
    suffixes = (".safetensors", ".bin", ".pt", ".onnx")
    weights = [path] if path.is_file() else sorted(file for file in path.iterdir() if file.suffix in suffixes)
    digest = hashlib.sha256()
    for file in weights:
        size = file.stat().st_size
        digest.update(f"{file.name}:{size}".encode())
        with file.open("rb") as stream:
            digest.update(stream.read(1 << 20))
            stream.seek(max(0, size - (1 << 20)))
            digest.update(stream.read(1 << 20))
    return digest.hexdigest()[:12]

"""Identifies a model by its name and a fingerprint of its weights."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.boundary.failures import telling
from llamaindex_clipverify.errors import ModelError


def identity(name: str) -> str:
    """Return an identifier of the model weights: ``NAME@FINGERPRINT`` for a folder or file, else the hub id."""
    place = place_of(name)
    return f"{place.name}@{fingerprint(place)}" if files.exists(place) else name


def place_of(name: str) -> Path:
    """Return the path that a name may be.

    Raises:
        ModelError: It cannot be one.
    """
    with telling(ModelError, "no such model", got=name, do="name a hub id, a folder or a file"):
        return files.local(name)


def fingerprint(path: Path) -> str:
    """Return twelve hex digits that change when the weights in a file or folder do.

    Hashes the sizes and the first and last mebibyte of the weight files: enough to tell models apart, and quick at any size.
    """
    suffixes = (".safetensors", ".bin", ".pt", ".onnx")
    digest = hashlib.sha256()
    with telling(ModelError, "the weights cannot be read", got=path, do="name the folder or file of a model"):
        weights = sorted(file for file in path.iterdir() if file.suffix in suffixes) if path.is_dir() else [path]
        for file in weights:
            with files.opened(file) as stream:
                size = os.fstat(stream.fileno()).st_size
                digest.update(f"{file.name}:{size}".encode("utf-8", "surrogateescape"))
                digest.update(stream.read(1 << 20))
                stream.seek(max(0, size - (1 << 20)))
                digest.update(stream.read(1 << 20))
    return digest.hexdigest()[:12]

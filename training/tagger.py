"""Weights of the part-of-speech tagger as plain data: ``python -m training.tagger ARCHIVE``.

ARCHIVE is the source archive of textblob-aptagger 0.2.0 (MIT, Matthew Honnibal): an averaged perceptron trained on news text.
Its pickle is read with an unpickler that creates nothing but sets. Writes claims/words/tagger.npz and LICENSE.tagger.
"""

from __future__ import annotations

import argparse
import io
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np

OUT = Path(__file__).parents[1] / "llamaindex_clipverify" / "claims" / "words"


class _SetsOnly(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        if (module, name) in (("__builtin__", "set"), ("builtins", "set")):
            return set
        raise pickle.UnpicklingError(f"{module}.{name} is not plain data")


def member(archive: Path, ending: str) -> bytes:
    """Return the one file of an archive whose name has this ending."""
    with tarfile.open(archive) as files:
        [name] = [name for name in files.getnames() if name.endswith(ending)]
        found = files.extractfile(name)
        if found is None:
            raise FileNotFoundError(name)
        return found.read()


def arrays(weights: dict[str, dict[str, float]], certain: dict[str, str], tags: list[str]) -> dict[str, Any]:
    """Return the rows of all features as flat arrays: tag indices, weights and the number of entries of each row."""
    index = {tag: place for place, tag in enumerate(tags)}
    names = sorted(name for name, row in weights.items() if row)
    rows = [sorted((index[tag], weight) for tag, weight in weights[name].items()) for name in names]
    words = sorted(certain)
    return {
        "tags": np.array(tags),
        "features": np.frombuffer("\n".join(names).encode(), np.uint8),
        "lengths": np.array([len(row) for row in rows], np.uint8),
        "columns": np.array([tag for row in rows for tag, _ in row], np.uint8),
        "weights": np.array([round(weight * 100) for row in rows for _, weight in row], np.int16),
        "words": np.frombuffer("\n".join(words).encode(), np.uint8),
        "word_tags": np.array([index[certain[word]] for word in words], np.uint8),
    }


def main() -> None:
    """Convert the archive."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("archive", type=Path)
    archive = parser.parse_args().archive
    weights, certain, tags = _SetsOnly(io.BytesIO(member(archive, ".pickle")), encoding="utf-8").load()
    np.savez_compressed(OUT / "tagger.npz", **arrays(weights, certain, sorted(tags)))
    (OUT / "LICENSE.tagger").write_bytes(member(archive, "/LICENSE").rstrip() + b"\n")


if __name__ == "__main__":
    main()

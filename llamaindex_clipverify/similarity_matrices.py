"""Similarity matrices: the cosines of pictures and texts in the space of one encoder."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.models.encoding import image_vectors, text_vectors
from llamaindex_clipverify.models.protocols import Encoder
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.tables import aligned

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMN, _ROW = 14, 40
"""Maximum length of row and column names, in characters."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Pictures and texts as unit vectors, and their cosines."""

    encoder: str
    images: tuple[str, ...]
    texts: tuple[str, ...]
    image_vectors: Array
    """Float32 (images, D), rows of length 1."""
    text_vectors: Array
    """Float32 (texts, D), rows of length 1."""

    @property
    def matrices(self) -> dict[str, tuple[Array, tuple[str, ...], tuple[str, ...]]]:
        """Return title to cosines (rows, columns) with row and column names; empty matrices are left out."""
        image, text = (self.image_vectors, self.images), (self.text_vectors, self.texts)
        wanted = {"image×text": (image, text), "image×image": (image, image), "text×text": (text, text)}
        return {
            title: (rows[0] @ columns[0].T, rows[1], columns[1])
            for title, (rows, columns) in wanted.items()
            if rows[1] and columns[1]
        }

    def table(self) -> str:
        """Return every matrix as an aligned table."""
        return "\n\n".join(_table(title, *matrix) for title, matrix in self.matrices.items())

    def save_npz(self, path: Path) -> Path:
        """Write matrices, vectors and names; return the path."""
        names = {"image×text": "image_text", "image×image": "image_image", "text×text": "text_text"}
        arrays: dict[str, Any] = {names[title]: cosines for title, (cosines, _, _) in self.matrices.items()}
        arrays |= {"image_vectors": self.image_vectors, "text_vectors": self.text_vectors}
        arrays |= {"images": np.array(self.images), "texts": np.array(self.texts), "encoder": np.array(self.encoder)}
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            np.savez(file, **arrays)
        return path

    def save_plot(self, path: Path) -> Path:
        """Draw the matrices into a file whose suffix matplotlib knows (png, svg, pdf, …); return the path.

        Raises:
            DataError: matplotlib does not support the suffix.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self.figure().savefig(path, dpi=150, bbox_inches="tight")
        except ValueError as error:
            raise DataError("matplotlib cannot write such a file", got=path, do="name it FILE.png") from error
        return path

    def figure(self) -> Figure:
        """Return a matplotlib figure with one axis for each matrix; no window is opened."""
        from matplotlib.figure import Figure

        from llamaindex_clipverify.report.figures import similarity

        matrices = self.matrices
        figure = Figure(figsize=(1.5 + 4.2 * len(matrices), 4.2), layout="constrained")
        for place, (title, (cosines, rows, columns)) in enumerate(matrices.items()):
            axis = figure.add_subplot(1, len(matrices), place + 1)
            similarity(cosines, [_cut(name, 24) for name in rows], [_cut(name, 24) for name in columns], axis, title)
        return figure


def compare(encoder: Encoder, texts: Sequence[str], images: Sequence[Picture]) -> Comparison:
    """Encode pictures and texts (without a prompt template), each once."""
    names = tuple(picture.name if picture.uri else f"picture {place + 1}" for place, picture in enumerate(images))
    of_images = image_vectors(encoder, [picture.image for picture in images]) if images else np.zeros((0, 0))
    of_texts = text_vectors(encoder, list(texts)) if texts else np.zeros((0, 0))
    return Comparison(
        encoder=encoder.id, images=names, texts=tuple(texts), image_vectors=of_images, text_vectors=of_texts
    )


def _table(title: str, cosines: Array, rows: Sequence[str], columns: Sequence[str]) -> str:
    first = min(_ROW, max(len(title), *(len(name) for name in rows)))
    heads = [title, *(_cut(name, _COLUMN) for name in columns)]
    lines = (
        [_cut(name, first), *(f"{cosine:.3f}" for cosine in line)] for name, line in zip(rows, cosines, strict=True)
    )
    return aligned(heads, lines, numbers=range(1, len(heads)))


def _cut(text: str, width: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= width else flat[: width - 1] + "…"

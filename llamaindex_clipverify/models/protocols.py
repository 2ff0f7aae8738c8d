"""The seams: what encoder, detector, reader, explainer and check must offer. Nothing to inherit, one screen to read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.models.conversation import Conversation, Generated
from llamaindex_clipverify.models.detections import Detections
from llamaindex_clipverify.models.text_lines import Line
from llamaindex_clipverify.picture import Picture

if TYPE_CHECKING:
    from PIL import Image


@runtime_checkable
class Encoder(Protocol):
    """Pictures and texts as unit vectors of one space, so that their dot product is a cosine."""

    @property
    def id(self) -> str:
        """Name and fingerprint of the weights: vectors of two encoders must never be mixed."""
        ...

    @property
    def logit_scale(self) -> float:
        """What the model multiplies a cosine by before its softmax or sigmoid."""
        ...

    def encode_images(self, images: Sequence[Image.Image]) -> Array:
        """Return float32 of shape (images, D), rows of length 1."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> Array:
        """Return float32 of shape (texts, D), rows of length 1; texts beyond the model's length are cut at its end token."""
        ...


@runtime_checkable
class Detector(Protocol):
    """Finds objects. A fixed-class detector ignores `labels`; an open-vocabulary one looks for just those."""

    @property
    def id(self) -> str:
        """Name and fingerprint of the weights."""
        ...

    @property
    def labels(self) -> tuple[str, ...] | None:
        """Every class it can name; None: any noun, given as `labels`."""
        ...

    def detect(self, pictures: Sequence[Picture], labels: Sequence[str] | None = None) -> list[Detections]:
        """Return one `Detections` for each picture."""
        ...


@runtime_checkable
class Reader(Protocol):
    """Reads what is written in pictures."""

    @property
    def id(self) -> str:
        """Name and fingerprint of the weights."""
        ...

    def read(self, pictures: Sequence[Picture]) -> list[list[Line]]:
        """Return the lines of each picture, from top to bottom; none where nothing is written."""
        ...


@runtime_checkable
class Grounder(Protocol):
    """Tells whether a passage says what a statement says."""

    @property
    def id(self) -> str:
        """Name and fingerprint of the weights."""
        ...

    def support(self, pairs: Sequence[tuple[str, str]]) -> Array:
        """Return, for pairs of statement and passage, float32 (pairs,), 0–1: that the passage says so."""
        ...


class VisionModel(Protocol):
    """Answers texts with pictures."""

    def generate(
        self,
        conversations: Sequence[Conversation],
        max_new_tokens: int = 256,
        temperature: float = 0.0,
        seed: int | None = None,
    ) -> list[Generated]:
        """Answer conversations in one batch; temperature 0 is greedy."""
        ...

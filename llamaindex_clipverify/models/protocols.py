"""Protocols of encoder, detector, reader, grounder and chat model; implementations need not inherit from them."""

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
        """Return the factor on a cosine before the model's softmax or sigmoid."""
        ...

    def encode_images(self, images: Sequence[Image.Image]) -> Array:
        """Return float32 of shape (images, D), rows of length 1."""
        ...

    def encode_texts(self, texts: Sequence[str]) -> Array:
        """Return float32 of shape (texts, D), rows of length 1; texts beyond the model's length are cut at its end token."""
        ...


@runtime_checkable
class Detector(Protocol):
    """Finds objects. A fixed-class detector ignores `labels`; an open-vocabulary one searches only for those."""

    @property
    def id(self) -> str:
        """Name and fingerprint of the weights."""
        ...

    @property
    def labels(self) -> tuple[str, ...] | None:
        """Return the classes of the detector; None if it searches for any noun given as `labels`."""
        ...

    def detect(self, pictures: Sequence[Picture], labels: Sequence[str] | None = None) -> list[Detections]:
        """Return one `Detections` for each picture."""
        ...


@runtime_checkable
class Reader(Protocol):
    """Reads written text in pictures (OCR)."""

    @property
    def id(self) -> str:
        """Name and fingerprint of the weights."""
        ...

    def read(self, pictures: Sequence[Picture]) -> list[list[Line]]:
        """Return the lines of each picture, from top to bottom; empty if nothing is written."""
        ...


@runtime_checkable
class Grounder(Protocol):
    """Estimates whether a passage entails a statement."""

    @property
    def id(self) -> str:
        """Name and fingerprint of the weights."""
        ...

    def support(self, pairs: Sequence[tuple[str, str]]) -> Array:
        """Return the entailment probability of pairs of statement and passage, float32 (pairs,), 0–1."""
        ...


class VisionModel(Protocol):
    """A vision language model: answers messages of texts and pictures."""

    def generate(
        self,
        conversations: Sequence[Conversation],
        max_new_tokens: int = 256,
        temperature: float = 0.0,
        seed: int | None = None,
    ) -> list[Generated]:
        """Answer conversations in one batch; temperature 0 is greedy."""
        ...

"""The seams: what encoder, detector, reader, explainer and check must offer. Nothing to inherit, one screen to read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

    from llamaindex_clipverify.claim import Claim
    from llamaindex_clipverify.evidence import Evidence
    from llamaindex_clipverify.facts import Facts
    from llamaindex_clipverify.picture import Picture

Array = np.ndarray[Any, np.dtype[Any]]
Box = tuple[float, float, float, float]
"""Left, top, right, bottom in pixels of the upright picture."""


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


@dataclass(frozen=True)
class Detections:
    """What a detector saw in one picture, best first."""

    boxes: tuple[Box, ...]
    labels: tuple[str, ...]
    scores: tuple[float, ...]
    """Confidence 0–1 of each box."""
    maxima: dict[str, float] = field(default_factory=dict)
    """The highest confidence of each class, also below the floor that boxes are kept at."""


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


@dataclass(frozen=True)
class Line:
    """A line of written words in a picture."""

    text: str
    confidence: float
    """0–1, that it reads so."""
    box: Box
    tilt: float = 0.0
    """Degrees clockwise from level."""


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


@dataclass(frozen=True)
class MapTrial:
    """What the encoder alone says of a heat map. Margins are in nats: scaled cosine of the text less that of its best foil."""

    energy: float
    """Sum of the un-normalised, rectified map."""
    peak: float
    """Its maximum."""
    sign: float
    """Correlation −1 to 1 with the map of the opposite direction; near 1 the method did not hear what it was asked."""
    shown: float
    """Margin of the map's strongest patches, seen alone; above 0 they fit the text better than any foil."""
    left: float | None
    """Margin of the picture without them; None where foils make it needless."""
    whole: float
    """Margin of the whole picture."""


@dataclass(frozen=True)
class HeatMap:
    """Where a model looked for a text in a picture. An explanation, never proof that the thing is there."""

    values: Array
    """Float (H, W) of the upright picture, 0–1, min-max scaled: its maximum is 1 whether or not the thing is there."""
    method: str
    text: str
    evidence: float
    """The un-normalised peak of the map; 0 for an empty map. Comparable only between maps of one method and model."""
    cosine: float
    """Cosine of the picture and the text, which the map explains."""
    doubt: str = ""
    """Why the map is no evidence that the thing is there, in a few words; "" when it held its trial, or none was made."""
    trial: MapTrial | None = None

    @property
    def empty(self) -> bool:
        """Whether the map says nothing: the method found nothing that speaks for the text, or the map failed its trial."""
        return self.evidence <= 0 or bool(self.doubt)


Conversation = Sequence[tuple[str, Sequence["str | Image.Image"]]]
"""Messages, oldest first: role (system, user or assistant) and texts and pictures in order."""


@dataclass(frozen=True)
class Generated:
    """What a vision model said."""

    text: str
    token_logprobs: tuple[float, ...] = ()
    """Natural logarithm of the probability of each token said, 0 at most; empty where the model does not tell."""
    prompt_tokens: int = 0
    """With the tokens that stand for pictures."""
    finish: str = "stop"
    """``stop``, or ``length`` when the limit of new tokens was reached."""

    @property
    def completion_tokens(self) -> int:
        """Tokens said, the end token included."""
        return len(self.token_logprobs)

    @property
    def mean_logprob(self) -> float | None:
        """Mean log-probability of a token: how sure the model was of its words, not of their truth."""
        return sum(self.token_logprobs) / len(self.token_logprobs) if self.token_logprobs else None


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


class Explainer(Protocol):
    """Draws heat maps of texts in a picture."""

    @property
    def methods(self) -> tuple[str, ...]:
        """The names that `explain` takes."""
        ...

    def suits(self, method: str) -> bool:
        """Whether the encoder has what a method looks into, and what the method needs is installed."""
        ...

    def explain(
        self,
        picture: Picture,
        texts: Sequence[str],
        method: str | None = None,
        foils: Sequence[Sequence[str]] = (),
    ) -> list[HeatMap]:
        """Return one map for each text, told apart from its foils where there are any; by its best method when None."""
        ...


class Memory(Protocol):
    """Facts that outlive a verifier: those of pictures that were looked at before."""

    def recall(self, ids: Sequence[str], checks: Sequence[Check]) -> dict[str, Facts]:
        """Return what is known of those pictures, by content id, for these checks; other facts do no harm."""
        ...

    def keep(self, facts: Sequence[Facts]) -> None:
        """Keep facts that were found."""
        ...


class Check(Protocol):
    """One way of knowing. `observe` sees pixels, once per picture; `judge` sees facts and claims, and is cheap."""

    @property
    def name(self) -> str:
        """A noun, unique among the checks of a verifier."""
        ...

    @property
    def version(self) -> int:
        """Raised when its facts change; older facts are observed anew."""
        ...

    @property
    def needs(self) -> tuple[str, ...]:
        """Checks whose facts it reads; they observe first."""
        ...

    @property
    def model(self) -> str:
        """Id of the model behind it, "" when there is none: a fitted profile belongs to check and model."""
        ...

    def observe(self, pictures: Sequence[Picture], known: Sequence[Facts]) -> list[dict[str, Any]]:
        """Return its facts of each picture: JSON values and float arrays; `known` are those of the checks it needs."""
        ...

    def judge(self, claim: Claim, facts: Facts) -> Evidence | None:
        """Return its evidence on the positive form of one claim in one picture; None when the check is not made for it."""
        ...

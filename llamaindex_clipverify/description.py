"""Describes pictures with a vision model and verifies the descriptions: batched, best of several candidates by trust."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llamaindex_clipverify.answer import Answer
from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.boundary.tables import inert
from llamaindex_clipverify.errors import ClipVerifyError, DataError, PictureError
from llamaindex_clipverify.models.conversation import Conversation, Generated
from llamaindex_clipverify.models.protocols import VisionModel
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.prompts import Prompts
from llamaindex_clipverify.report.format import number
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.verification.verifier import Verifier

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = ["picture", "description", "trust", "mean_trust", "coverage", "doubtful", "mean_logprob", "error"]
"""Keys of `Description.to_dict` and columns of the table."""

SUFFIXES = (".jsonl", ".csv")
"""Endings of the files that `save` writes."""

_Open = tuple[Picture, str]
"""A picture and why it cannot be read, or nothing."""


@dataclass(frozen=True, kw_only=True)
class Description:
    """Description of one picture with its trust report."""

    picture: Picture
    text: str = ""
    report: Report | None = None
    """None when no verifier was given or the picture cannot be read."""
    mean_logprob: float | None = None
    """Mean log-probability of a token, at most 0: the model's confidence in the wording."""
    error: str = ""
    """Error message if there is no description."""

    @property
    def trust(self) -> float | None:
        """Trust 0–1 of the whole description; None when nothing could be checked."""
        return self.report.trust if self.report else None

    @property
    def mean_trust(self) -> float | None:
        """Mean trust 0–1 of the claims that could be checked."""
        return self.report.mean_trust if self.report else None

    @property
    def doubtful(self) -> list[str]:
        """Return the words of the contradicted claims, least trusted first."""
        return [one.claim.text for one in self.report.doubtful()] if self.report else []

    def __str__(self) -> str:
        """Return the description as text: trust, picture, words and doubtful words."""
        if self.error and not self.text:
            return f"  –   {self.picture.name}  {self.error}"
        doubts = f"  (doubtful: {'; '.join(self.doubtful)})" if self.doubtful else ""
        return f"{number(self.trust):>4}  {self.picture.name}  {self.text}{doubts}"

    def to_dict(self) -> dict[str, Any]:
        """Return one plain row."""
        return {
            "picture": self.picture.uri or self.picture.name,
            "description": self.text,
            "trust": _rounded(self.trust),
            "mean_trust": _rounded(self.mean_trust),
            "coverage": _rounded(self.report.coverage) if self.report else None,
            "doubtful": self.doubtful,
            "mean_logprob": _rounded(self.mean_logprob),
            "error": self.error,
        }


@dataclass(frozen=True, kw_only=True)
class Describer:
    """Describes pictures with a vision model and verifies the descriptions.

    While one batch is described, the next is opened and the previous one is verified.
    """

    model: VisionModel
    verifier: Verifier | None = None
    candidates: int = 1
    """Number of descriptions generated for each picture: the first greedily, the others by sampling. The most trusted is kept;
    among equals, the one with more supported claims."""
    temperature: float = 0.7
    """Sampling temperature of all candidates but the first."""
    batch_size: int = 16
    max_new_tokens: int = 256
    prompts: Prompts = Prompts()
    seed: int = 0

    def __post_init__(self) -> None:
        """Check the ranges of the settings."""
        if self.candidates < 1 or self.batch_size < 1:
            raise DataError("candidates and batch_size begin at 1", got=f"{self.candidates}, {self.batch_size}")
        if self.candidates > 1 and self.verifier is None:
            raise DataError("the best of several is chosen by trust", do="give a verifier")

    def describe(self, images: Sequence[Any], progress: Callable[[int, int], None] | None = None) -> list[Description]:
        """Return a description of each picture, in order; one that cannot be read has its error in its place.

        Args:
            images: Whatever `Picture.of` takes.
            progress: Called with (done, total).

        Raises:
            ModelError: The model cannot be loaded or its server does not answer.
        """
        found = []
        for one in self.stream(images):
            found.append(one)
            if progress is not None:
                progress(len(found), len(images))
        return found

    def stream(self, images: Iterable[Any]) -> Iterator[Description]:
        """Yield descriptions as they become available; at most three batches of pixels are in memory."""
        with ThreadPoolExecutor(2, thread_name_prefix="clipverify-describe") as pool:
            last: Future[list[Description]] | None = None
            for batch in self._opened(images, pool):
                said = self._said([picture for picture, error in batch if not error])
                if last is not None:
                    yield from last.result()
                last = pool.submit(self._verified, batch, said)
            if last is not None:
                yield from last.result()

    def _opened(self, images: Iterable[Any], pool: ThreadPoolExecutor) -> Iterator[list[_Open]]:
        """Yield batches of opened pictures, one batch ahead."""
        coming: Future[list[_Open]] | None = None
        for part in _parts(images, self.batch_size):
            following = pool.submit(list, map(_open, part))
            if coming is not None:
                yield coming.result()
            coming = following
        if coming is not None:
            yield coming.result()

    def _said(self, pictures: Sequence[Picture]) -> list[list[Generated]]:
        """Return the candidates of each picture."""
        asked: list[Conversation] = [[("user", [picture.image, self.prompts.describe])] for picture in pictures]
        if not asked:
            return []
        rounds = [
            self.model.generate(asked, self.max_new_tokens, self.temperature if turn else 0.0, self.seed + turn)
            for turn in range(self.candidates)
        ]
        return [list(candidates) for candidates in zip(*rounds, strict=True)]

    def _verified(self, batch: Sequence[_Open], said: Sequence[Sequence[Generated]]) -> list[Description]:
        waiting = iter(said)
        found = [
            Description(picture=picture, error=error) if error else self._best(picture, next(waiting))
            for picture, error in batch
        ]
        for picture, _ in batch:
            picture.forget()
        return found

    def _best(self, picture: Picture, candidates: Sequence[Generated]) -> Description:
        described = [
            Description(picture=picture, text=candidate.text, report=None, mean_logprob=candidate.mean_logprob)
            for candidate in candidates
            if candidate.text.strip()
        ]
        if not described:
            return Description(picture=picture, error="the model said nothing")
        if self.verifier is None:
            return described[0]
        answers = [Answer.on_pictures(one.text, (picture,), self.prompts.describe) for one in described]
        reports = self.verifier.verify_batch(answers)
        judged = [
            Description(
                picture=picture,
                text=one.text,
                report=None,
                mean_logprob=one.mean_logprob,
                error=f"not verified: {report}",
            )
            if isinstance(report, ClipVerifyError)
            else Description(picture=picture, text=one.text, report=report, mean_logprob=one.mean_logprob)
            for one, report in zip(described, reports, strict=True)
        ]
        return max(judged, key=_worth)


def to_pandas(descriptions: Sequence[Description]) -> pd.DataFrame:
    """Return one row for each description; the doubtful words are one text."""
    import pandas as pd

    rows = [{**description.to_dict(), "doubtful": "; ".join(description.doubtful)} for description in descriptions]
    return pd.DataFrame(rows, columns=COLUMNS)


def save(descriptions: Sequence[Description], path: str | Path) -> Path:
    """Write ``.jsonl`` or ``.csv`` through pandas; return the path.

    Raises:
        DataError: The suffix is neither.
    """
    target = Path(path)
    if target.suffix.lower() not in SUFFIXES:
        raise DataError("descriptions are saved as .jsonl or .csv", got=target.name, do="name it so")
    table = to_pandas(descriptions)
    if target.suffix.lower() == ".jsonl":
        return files.write_text(target, table.to_json(orient="records", lines=True, force_ascii=True))
    return files.write_text(target, table.map(inert).to_csv(index=False))


def _worth(one: Description) -> tuple[float, int]:
    """Order candidates by trust, then by supported claims; what nothing could check comes last."""
    supported = sum(claim.verdict == "supported" for claim in one.report.claims) if one.report else 0
    return (-1.0 if one.trust is None else round(one.trust, 2), supported)


def _open(image: Any) -> _Open:
    picture = Picture.of(image)
    try:
        _ = picture.image
    except PictureError as error:
        return picture, str(error)
    return picture, ""


def _parts(items: Iterable[Any], size: int) -> Iterator[list[Any]]:
    part: list[Any] = []
    for item in items:
        part.append(item)
        if len(part) == size:
            yield part
            part = []
    if part:
        yield part


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)

"""An answer and its sources: the hand-off from any RAG system to verification."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from llamaindex_clipverify.boundary import texts
from llamaindex_clipverify.boundary.failures import telling
from llamaindex_clipverify.errors import ClipVerifyError, DataError
from llamaindex_clipverify.geometry import Box
from llamaindex_clipverify.node_pictures import NO_ACCESS, Access, passage_in, picture_given, picture_in, text_in
from llamaindex_clipverify.picture import Picture


@dataclass(frozen=True, kw_only=True)
class Source:
    """One retrieved picture or passage that an answer may rest on."""

    picture: Picture | None = None
    text: str = ""
    """The passage; for a picture its caption, which supports nothing."""
    score: float | None = None
    """The retriever's score in its own range; for pictures of an `EvidenceIndex` the cosine with the query, -1 to 1."""
    region: Box | None = None
    """The region of the picture that matched the query, xyxy pixels; None for the whole picture."""
    problem: ClipVerifyError | None = None
    """Why nothing could be read of it; None for a source that could be opened."""

    @property
    def is_passage(self) -> bool:
        """Whether it is a passage that may support statements."""
        return self.picture is None and bool(self.text)

    @classmethod
    def tried(cls, read: Callable[[], Source]) -> Source:
        """Return the source that a function finds; one with a `problem` where it fails, or its file or text cannot be read.

        Every door through which retrieved things come uses it, so that one bad source among others is a gap and no error.
        """
        try:
            with telling(DataError, "a source cannot be read", do="leave it out"):
                source = read()
                if source.picture is not None:
                    _ = source.picture.id  # reads the file
                else:
                    texts.checked(source.text, "a passage", _PASSAGE)
                return source
        except ClipVerifyError as error:
            return cls(problem=error)

    @classmethod
    def of_picture(cls, image: Any) -> Source:
        """Return the source of a picture that the user gave; see `Answer.of`.

        Raises:
            PictureError: It is no picture.
        """
        return cls(picture=picture_given(image))

    @classmethod
    def of_node(cls, node: Any, access: Access = NO_ACCESS) -> Source:
        """Read a retrieved node of LlamaIndex, with or without its score.

        Args:
            node: ``NodeWithScore``, ``ImageNode``, ``ImageDocument``, ``Node`` or ``TextNode``.
            access: What may be opened.

        Raises:
            PictureError: A path or URL that may not be opened.
        """
        inner = getattr(node, "node", node)
        score = getattr(node, "score", None)
        picture = picture_in(inner, access)
        if picture is None:
            return cls(text=passage_in(inner), score=score)
        hit = getattr(inner, "hit", None)
        return cls(
            picture=picture,
            text=text_in(inner),
            score=score,
            region=getattr(hit, "region", None),
        )


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A text with the pictures and passages that it may rest on."""

    text: str
    sources: tuple[Source, ...] = ()
    question: str | None = None
    is_partial: bool = False
    """Whether it is verified on the other sources where some cannot be read; else one of them is an error."""

    def __post_init__(self) -> None:
        """Check that the texts are texts, and not too long; see `boundary.texts`."""
        texts.checked(self.text, "the answer")
        if self.question is not None:
            texts.checked(self.question, "the question")

    @property
    def gaps(self) -> tuple[ClipVerifyError, ...]:
        """Why sources could not be opened, in their order."""
        return tuple(source.problem for source in self.sources if source.problem is not None)

    @property
    def pictures(self) -> tuple[Picture, ...]:
        """The pictures, in the order of the sources."""
        return tuple(source.picture for source in self.sources if source.picture is not None)

    @property
    def passages(self) -> tuple[str, ...]:
        """The passages, in the order of the sources."""
        return tuple(source.text for source in self.sources if source.is_passage)

    @classmethod
    def of(cls, text: str, images: Sequence[Any], question: str | None = None, passages: Sequence[str] = ()) -> Answer:
        """Make an answer from pictures and passages.

        Args:
            text: The answer.
            images: Anything that `Picture.of` takes, and nodes, documents, message blocks and media resources of LlamaIndex,
                whose paths are opened because they are given here; a picture given twice counts once. For nodes that were
                retrieved use `from_nodes`, which opens nothing outside the folders named.
            question: Kept in the report.
            passages: Texts that may support what no picture can show.

        Raises:
            DataError: The text is blank, too long or no text, or there is neither picture nor passage.
            PictureError: An image is not a picture.
        """
        if not texts.checked(text, "the answer").strip():
            raise DataError("the answer is empty", do="give the text to verify")
        return cls(text=text, sources=sources_given(images, passages), question=question)

    @classmethod
    def on_pictures(cls, text: str, pictures: Sequence[Picture], question: str | None = None) -> Answer:
        """Make an answer about pictures, none of which is read yet: what cannot be read is an error of verification."""
        return cls(text=text, sources=tuple(Source(picture=picture) for picture in pictures), question=question)

    @classmethod
    def from_nodes(
        cls, text: str, nodes: Iterable[Any], access: Access = NO_ACCESS, question: str | None = None
    ) -> Answer:
        """Make an answer from retrieved LlamaIndex nodes: the one place where nodes become pictures and passages.

        Every picture and every passage counts once. The caption of a picture is not a passage, nor is the answer of a
        sub-question engine. A source that may not be opened or cannot be read is a gap: the answer is verified on the others.

        Args:
            text: The answer; may be empty.
            nodes: See `Source.of_node`.
            access: What may be opened.
            question: Kept in the report.

        Raises:
            DataError: The text is too long, or no text.
        """
        return cls.on_sources(text, sources_of(nodes, access), question)

    @classmethod
    def on_sources(cls, text: str, sources: Iterable[Source], question: str | None = None) -> Answer:
        """Make an answer from sources of any framework, each read by `Source.tried`; rules and errors as `from_nodes`."""
        return cls(text=text, sources=distinct(sources), question=question, is_partial=True)


def sources_given(images: Sequence[Any], passages: Sequence[str] = ()) -> tuple[Source, ...]:
    """Return the sources that the user gave; parameters and errors as for `Answer.of`."""
    if isinstance(images, (str, bytes)) or not isinstance(images, Sequence):
        images = [images]
    if isinstance(passages, str):
        passages = (passages,)
    for passage in passages:
        texts.checked(passage, "a passage", _PASSAGE)
    if not images and not passages:
        raise DataError("an answer needs a picture to be verified on", do="give at least one")
    pictures = dict.fromkeys(picture_given(image) for image in images)
    return (*(Source(picture=picture) for picture in pictures), *(Source(text=passage) for passage in passages))


def sources_of(nodes: Iterable[Any], access: Access = NO_ACCESS) -> tuple[Source, ...]:
    """Return the sources in retrieved nodes, each picture and passage once; parameters as for `Answer.from_nodes`."""
    return distinct(Source.tried(partial(Source.of_node, node, access)) for node in nodes)


def distinct(sources: Iterable[Source]) -> tuple[Source, ...]:
    """Return every picture, passage and problem once, in their order; sources that hold none of them are left out."""
    found: dict[Picture | str, Source] = {}
    for source in sources:
        key = source.picture or source.text or (str(source.problem) if source.problem else "")
        if key:
            found.setdefault(key, source)
    return tuple(found.values())


_PASSAGE = 1_000_000
"""Maximum length of a passage in characters."""


SENTENCE_END = r"[.!?](?:\s*\[\d+\][.!?]?)?(?=\s)"
"""Pattern of the end of a sentence within a text, its picture mark included."""
_SENTENCE = re.compile(rf"\S(?:.*?{SENTENCE_END}|.*)")


def sentences(text: str) -> list[tuple[int, int]]:
    """Return start and end of each sentence, its picture mark included; a line break also ends a sentence."""
    return [match.span() for match in _SENTENCE.finditer(text)]

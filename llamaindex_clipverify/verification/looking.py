"""What was seen in the pictures of one answer, and which of its sources could not be looked at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from llamaindex_clipverify.answer import Answer
from llamaindex_clipverify.errors import DataError, PictureError
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.message import Message
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.report import Report


@dataclass(frozen=True)
class Looked:
    """An answer with the pictures that could be read, and their facts."""

    answer: Answer
    facts: tuple[Facts, ...]
    gaps: tuple[str, ...] = ()
    """Why the other sources were not looked at."""

    @classmethod
    def at(cls, answer: Answer, seen: Sequence[Facts | PictureError]) -> Looked:
        """Return what is left of an answer.

        Args:
            answer: The answer.
            seen: Facts of each of its pictures, or why it cannot be read.

        Raises:
            ClipVerifyError: A picture cannot be read and the answer is not partial, or nothing of it is left.
        """
        pairs = list(zip(answer.pictures, seen, strict=True))
        problems = [*answer.gaps, *(one for _, one in pairs if not isinstance(one, Facts))]
        facts = tuple(one for _, one in pairs if isinstance(one, Facts))
        if problems and (not answer.is_partial or not (facts or answer.passages)):
            raise problems[0]
        if not pairs and not answer.passages:
            raise DataError("an answer needs a picture to be verified on", do="give at least one")
        if not problems:
            return cls(answer, facts)
        left_out = {id(picture) for picture, one in pairs if not isinstance(one, Facts)}
        kept = tuple(
            source for source in answer.sources if source.problem is None and id(source.picture) not in left_out
        )
        return cls(replace(answer, sources=kept), facts, tuple(problem.message for problem in problems))

    def noted(self, report: Report) -> Report:
        """Return a report with the gaps, and with notes on them and on pictures that were decoded at a part of their size."""
        notes: list[str] = [Message("not looked at: {gap}", gap=gap) for gap in self.gaps]
        notes += [_reduced(picture) for picture in self.answer.pictures if vars(picture).get("reduced", 1) > 1]
        return replace(report, gaps=self.gaps, notes=(*notes, *report.notes)) if notes else report


def _reduced(picture: Picture) -> str:
    large = "{name} is large and was looked at with 1/{part} of its width and height"
    return Message(large, name=picture.name, part=picture.reduced)

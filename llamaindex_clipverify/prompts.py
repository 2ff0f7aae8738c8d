"""Prompt templates for the vision model, in order: pictures with captions, passages, then rules and question.

The bundled LLaVA was trained on exactly these templates. Each can be replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

NOTHING = "The pictures and passages do not tell."
"""Answer a model should give when the sources do not contain the answer."""

_Image = TypeVar("_Image")


@dataclass(frozen=True, kw_only=True)
class Prompts:
    """Replaceable templates. A field in braces is filled in; nothing in the filled text is read as a template."""

    picture: str = "Picture {number}:"
    captioned: str = "Picture {number}, caption: {caption}"
    passage: str = "Passage {number}: {text}"
    question: str = (
        "Answer from the sources above alone. End each sentence with its picture, like [1]. "
        f"If they do not tell, say: {NOTHING}\nQuestion: {{question}}"
    )
    describe: str = "Describe the picture."
    again: str = (
        "{question}\nAn earlier answer said the following, which the pictures do not show; do not repeat it: {doubts}"
    )
    """Template that asks again after a doubtful answer."""
    nothing_found: str = "Nothing was found that could answer the question."
    """Answer if no source was retrieved; the model is not called."""

    def parts(
        self, question: str, pictures: Sequence[tuple[_Image, str | None]], passages: Sequence[str] = ()
    ) -> list[str | _Image]:
        """Return the content of the one user message, in order.

        For each picture its number, its caption where it has one, and the picture; then the passages; then the rules and
        the question.

        Args:
            question: What is asked.
            pictures: Picture and caption, or None for no caption.
            passages: Retrieved texts.
        """
        content: list[str | _Image] = []
        for number, (picture, caption) in enumerate(pictures, 1):
            head = self.captioned if caption else self.picture
            content += [_filled(head, number=number, caption=caption or ""), picture]
        texts = [_filled(self.passage, number=number, text=text) for number, text in enumerate(passages, 1)]
        content.append("\n".join([*texts, _filled(self.question, question=question)]))
        return content

    def again_about(self, question: str, doubts: Sequence[str]) -> str:
        """Return the question together with the errors of an earlier answer."""
        return _filled(self.again, question=question, doubts="; ".join(doubts))


def _filled(template: str, **fields: object) -> str:
    """Fill ``{name}`` for the given names alone, so that braces in a caption or a template do no harm."""
    pieces = template.split("{")
    done = pieces[0]
    for piece in pieces[1:]:
        name, closed, rest = piece.partition("}")
        done += f"{fields[name]}{rest}" if closed and name in fields else "{" + piece
    return done

"""Claims about drawn scenes as Korean sentences, in the phrasings of answers: 사진에 빨간 자동차가 있습니다."""

from __future__ import annotations

from collections.abc import Sequence

from numpy.random import Generator

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.korean import korean_words
from llamaindex_clipverify.testing.statements import pick

_ADJECTIVES = {
    "red": "빨간", "orange": "주황색", "yellow": "노란", "green": "초록색", "blue": "파란", "purple": "보라색", "white": "하얀",
    "black": "검은",
}  # fmt: skip
_PREDICATES = {
    "red": "빨간색", "orange": "주황색", "yellow": "노란색", "green": "초록색", "blue": "파란색", "purple": "보라색",
    "white": "하얀색", "black": "검은색",
}  # fmt: skip
_PLACES = {"left of": "왼쪽", "right of": "오른쪽", "above": "위쪽", "below": "아래"}
_NUMBERS = ("", "한", "두", "세", "네", "다섯", "여섯", "일곱", "여덟")
_COUNTERS = {
    "마리": ("bird", "cat", "dog", "horse", "sheep", "cow", "elephant", "bear", "zebra", "giraffe"),
    "명": ("person",),
    "대": ("bicycle", "car", "motorcycle", "airplane", "bus", "train", "truck"),
    "권": ("book",),
}
_THERE = ("사진에 {}{이} 있습니다.", "{}{이} 보입니다.", "{}{이} 있다.", "이미지에는 {}{이} 있어요.")
_NOT_THERE = ("사진에 {}{은} 없습니다.", "{}{이} 없다.", "{}{은} 보이지 않습니다.", "이미지에는 {}{이} 없어요.")
_PARTICLES = {"이": ("이", "가"), "은": ("은", "는")}


def korean_sentence(claim: Claim, negated: bool, rng: Generator) -> str | None:
    """Return a claim of a noun's presence, colour, number or place as a Korean sentence; None where there are no words for it.

    Args:
        claim: The claim, in its positive form.
        negated: Whether the sentence denies the claim; only for presence.
        rng: Random generator that chooses the phrasing.
    """
    noun = _noun(claim.noun)
    if noun is None or (negated and claim.kind != "object"):
        return None
    if claim.kind == "object":
        return _filled(pick(rng, _NOT_THERE if negated else _THERE), noun)
    if claim.kind == "attribute" and claim.colour in _ADJECTIVES:
        if rng.random() < 0.5:
            return _filled(f"{{}}{{은}} {_PREDICATES[claim.colour]}입니다.", noun)
        return _filled(pick(rng, _THERE), f"{_ADJECTIVES[claim.colour]} {noun}")
    if claim.kind == "count" and claim.number is not None and 0 < claim.number < len(_NUMBERS):
        return _filled(pick(rng, _THERE), f"{noun} {_NUMBERS[claim.number]} {_counter(claim.noun)}")
    other = _noun(claim.reference)
    if claim.kind == "relation" and claim.relation in _PLACES and other is not None:
        return _filled(f"{{}}{{은}} {other}의 {_PLACES[claim.relation]}에 있습니다.", noun)
    return None


def _noun(canonical: str | None) -> str | None:
    forms: Sequence[str] = [form for form, name in korean_words().vocabulary.nouns.items() if name == canonical]
    return next((form for form in forms if "가" <= form[-1] <= "힣"), None)


def _counter(noun: str | None) -> str:
    return next((counter for counter, nouns in _COUNTERS.items() if noun in nouns), "개")


def _filled(template: str, noun: str) -> str:
    closed = (ord(noun[-1]) - ord("가")) % 28 > 0
    return template.format(noun, **{name: forms[not closed] for name, forms in _PARTICLES.items()})

"""The speaker and the viewer of a Korean answer, who are in no picture: "사진에서 나는 개를 볼 수 있다", "눈에 띄는 소파"."""

from __future__ import annotations

from llamaindex_clipverify.claims.korean.sentence import Sentence
from llamaindex_clipverify.claims.korean.word_lists import word_set

_SPEAKERS = word_set("speakers")
_FLYING = ("나는", "난")
"""Words for the speaker that are forms of 날다 *to fly* too."""
_EYES = ("눈에", "눈에도", "시선을", "눈길을", "이목을")
_CATCHING = ("끄는", "끈", "사로잡는", "사로잡은", "집중시키는", "모으는")
_SEEN = ("볼", "봅니다", "본다", "보고", "보았다", "봤다", "생각한다", "생각합니다", "찾을")


def is_speaker(sentence: Sentence, at: int) -> bool:
    """Return whether a word is *I* or *we*: the speaker. Before a bird or a plane, 나는 means *flying*."""
    token, after = sentence.tokens[at], sentence.token(at + 1)
    if token.text not in _SPEAKERS or after is None:
        return False
    if token.text not in _FLYING:
        return True
    if any(one.text in _SEEN for one in sentence.tokens[at + 1 : at + 12]):
        return True
    return at == 0 and not (after.noun is not None and after.noun.sort in ("animals", "containers"))


def attention(sentence: Sentence, at: int) -> int:
    """Return how many words from a position only say that something catches the eye: 눈에 of 눈에 띄다, 시선을 끄는."""
    token, after = sentence.tokens[at], sentence.token(at + 1)
    if after is None or token.text not in _EYES:
        return 0
    if token.text.startswith("눈에"):
        return 1 if after.text.startswith(("띄", "띈", "띕", "띌")) else 0
    return 2 if after.text in _CATCHING else 0

"""Conjugation of Korean verbs and adjectives: every stem in its three forms, and the endings of each form.

A stem has a plain form (걷고), a form before *eu* (걸으며) and an infinitive (걸어). They are written in jamo, so that an ending
may be one consonant: 걸은 is 걸으 and ㄴ. Irregular stems are marked in the data: ``걷다/ㄷ``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from llamaindex_clipverify.claims.korean.letters import jamo
from llamaindex_clipverify.claims.korean.word_lists import endings

_BRIGHT = "\u1161\u1169"  # ㅏ, ㅗ
_CONTRACTED = {"\u1175": "\u1167", "\u1169": "\u116a", "\u116e": "\u116f"}  # ㅣ+ㅓ ㅕ, ㅗ+ㅏ ㅘ, ㅜ+ㅓ ㅝ
_N, _L, _M, _B, _SS = "\u11ab", "\u11af", "\u11b7", "\u11b8", "\u11bb"
FORMS = ("plain", "eu", "infinitive")


class Stem(NamedTuple):
    """One form of a stem in jamo."""

    letters: str
    form: str


def stems(verb: str) -> Iterator[Stem]:
    """Yield the forms of a verb in dictionary form, with its irregularity after a slash."""
    word, _, irregular = verb.partition("/")
    base = jamo(word.removesuffix("다"))
    irregular = irregular or _regular_irregularity(word)
    yield Stem(base, "plain")
    if base[-1] == _L:  # 들다: 드는, 듭니다
        yield Stem(base[:-1], "dropped")
        yield Stem(base[:-1], "eu")
        yield Stem(base, "eu")
        yield Stem(base + jamo(_open(base)), "infinitive")
        return
    for letters in _softened(base, irregular):
        yield Stem(letters, "eu")
        yield from _honorific(letters)
    for letters in _infinitives(base, irregular):
        yield Stem(letters, "infinitive")


def _honorific(soft: str) -> Iterator[Stem]:
    """Yield the forms with -시-: 앉으시는, 앉으신, 앉으셔서; not of stems in ㄹ, whose forms look like nouns (거실)."""
    letters = soft + jamo("시")
    yield Stem(letters, "plain")
    yield Stem(letters, "eu")
    yield Stem(soft + jamo("셔"), "infinitive")


def _regular_irregularity(word: str) -> str:
    if word.endswith("하다"):
        return "하"
    if word.endswith("르다"):
        return "르"
    return "으" if jamo(word.removesuffix("다")).endswith("\u1173") else ""


def _softened(base: str, irregular: str) -> Iterator[str]:
    """Yield the form before eu: 먹으, 걸으, 누우, 지으, 빨가, 가."""
    if irregular == "ㄷ":
        yield base[:-1] + _L + jamo("으")
    elif irregular == "ㅂ":
        yield base[:-1] + jamo("우")
    elif irregular == "ㅅ":
        yield base[:-1] + jamo("으")
    elif irregular == "ㅎ":
        yield base[:-1]
    elif _is_vowel(base[-1]):
        yield base
    else:
        yield base + jamo("으")


def _infinitives(base: str, irregular: str) -> Iterator[str]:
    """Yield the infinitive, contracted and not: 마시어, 마셔."""
    if irregular == "하":
        yield base[:-1] + "\u1162"
        yield base + jamo("여")
    elif irregular == "ㄷ":
        yield base[:-1] + _L + jamo(_open(base))
    elif irregular == "ㅂ":
        yield base[:-1] + jamo("워")
        yield base[:-1] + jamo("와")
    elif irregular == "ㅅ":
        yield base[:-1] + jamo(_open(base))
    elif irregular == "ㅎ":
        yield base[:-2] + ("\u1164" if base[-2] == "\u1163" else "\u1162")
    elif irregular == "르":
        yield base[:-2] + _L + jamo("라" if base[-3:-2] and _last_vowel(base[:-2]) in _BRIGHT else "러")
    elif irregular == "러":
        yield base + jamo("러")
    elif irregular == "으":
        yield base[:-1] + ("\u1161" if _last_vowel(base[:-1]) in _BRIGHT else "\u1165")
    else:
        yield from _joined(base)


def _joined(base: str) -> Iterator[str]:
    last = base[-1]
    if not _is_vowel(last):
        yield base + jamo(_open(base))
        return
    yield base + jamo(_open(base))
    if last in _CONTRACTED:
        yield base[:-1] + _CONTRACTED[last]
    elif last == "\u116c":  # 되어, 돼
        yield base[:-1] + "\u116b"
    else:
        yield base


def _open(base: str) -> str:
    return "아" if _last_vowel(base) in _BRIGHT else "어"


def _last_vowel(base: str) -> str:
    return next((letter for letter in reversed(base) if _is_vowel(letter)), " ")


def _is_vowel(letter: str) -> bool:
    return "\u1161" <= letter <= "\u1175"


def _in_jamo(form: str) -> dict[str, str]:
    """Return the endings of a form in jamo; a single consonant in the data closes the syllable before it."""
    marks = {"ㄴ": _N, "ㄹ": _L, "ㅂ": _B, "ㅆ": _SS, "ㅁ": _M}
    table = {}
    for ending, kind in endings(form).items():
        plain = "" if ending == "-" else ending
        first = marks.get(plain[:1])
        table[(first + jamo(plain[1:])) if first else jamo(plain)] = kind
    return table


ENDINGS = {form: _in_jamo(form) for form in FORMS}
ENDINGS["dropped"] = {
    letters: kind for letters, kind in ENDINGS["plain"].items() if letters[:1] in ("\u1102", "\u1109")
}
"""Ending in jamo to what it does, for each form of the stem."""
LONGEST_STEM = 24
"""Jamo of the longest stem, in any form."""

"""Denials of many forms around many statements, in both languages: what is denied is never claimed."""

from __future__ import annotations

import pytest

from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.claims.korean import KoreanSplitter
from llamaindex_clipverify.testing.reading import shown

SPLITTER, KOREAN = EnglishSplitter(), KoreanSplitter()
SUBJECTS = (
    "The dog",
    "A dog",
    "The two dogs",
    "The man in the red shirt",
    "One of the dogs",
    "The dog that is sleeping",
)
STATES = (
    "on the couch", "black", "running", "holding a ball", "wearing a hat", "made of wood", "open", "behind the car",
    "next to the bench", "on the left", "in the background", "taller than the cat", "in a kitchen", "outdoors",
    "riding a bike", "striped", "big", "painted white", "covered with snow", "full of water", "shown at night",
    "sitting on the couch and looking at the cat",
)  # fmt: skip
DENIED_STATES = (
    "{s} {be} not {p}.", "{s} {be}n't {p}.", "{s} {be} never {p}.", "{s} {be} no longer {p}.", "{s} {be} clearly not {p}.",
    "{s} {be} by no means {p}.", "{s} {be} in no way {p}.", "{s} {be} anything but {p}.", "{s} {be} far from being {p}.",
    "{s} {be} not at all {p}.", "{s}, however, {be} not {p}.", "{s} {be}n't, in fact, {p}.",
    "{s} {be} not, as far as I can see, {p}.", "{s} {do} not appear to be {p}.", "{s} {do}n't seem to be {p}.",
    "{s} cannot be {p}.", "{s} {have}n't been {p}.", "I do not think {l} {be} {p}.", "It is not true that {l} {be} {p}.",
    "There is no sign that {l} {be} {p}.", "Nobody says {l} {be} {p}.", "Although there is a tree, {l} {be} not {p}.",
)  # fmt: skip
DEEDS = (
    ("hold", "a ball"), ("wear", "a hat"), ("have", "a tail"), ("ride", "a bike"), ("look at", "the cat"),
    ("sit on", "the couch"), ("stand next to", "the bench"), ("jump over", "the fence"), ("have", "brown hair"),
    ("wear", "a red shirt"),
)  # fmt: skip
DENIED_DEEDS = (
    "{s} {do} not {v} {o}.", "{s} {do}n't {v} {o}.", "{s} never {vs} {o}.", "{s} no longer {vs} {o}.",
    "{s} by no means {vs} {o}.", "{s} {do}, however, not {v} {o}.", "{s} {do} not, in this photo, {v} {o}.",
    "{s} cannot {v} {o}.", "{s} {do} not seem to {v} {o}.", "{s} fails to {v} {o}.", "{s} wants to {v} {o}.",
    "No one {vs} {o}.", "I don't see that {l} {vs} {o}.",
)  # fmt: skip


def words_for(subject: str) -> dict[str, str]:
    several = subject.startswith("The two")
    be, do, have = ("are", "do", "have") if several else ("is", "does", "has")
    return {"s": subject, "l": subject[0].lower() + subject[1:], "be": be, "do": do, "have": have}


def third(verb: str, several: bool) -> str:
    first, *rest = verb.split()
    return verb if several else " ".join([{"have": "has"}.get(first, f"{first}s"), *rest])


def claimed(statement: str, subject: str) -> set[str]:
    """Return what a statement claims beside its subject and the presence of things."""
    own = {shown(claim) for claim in SPLITTER.split(f"{subject} is here.")}
    found = {shown(claim) for claim in SPLITTER.split(statement)} - own
    return {one for one in found if not one.startswith(("object", "count"))}


@pytest.mark.parametrize("form", DENIED_STATES)
def test_a_denied_state_is_not_claimed(form: str) -> None:
    checked = 0
    for subject in SUBJECTS:
        words = words_for(subject)
        for state in STATES:
            stated = claimed(f"{subject} {words['be']} {state}.", subject)
            checked += bool(stated)
            text = form.format(p=state, **words)
            assert not stated & {shown(claim) for claim in SPLITTER.split(text)}, text
    assert checked > 100


@pytest.mark.parametrize("form", DENIED_DEEDS)
def test_a_denied_deed_is_not_claimed(form: str) -> None:
    checked = 0
    for subject in SUBJECTS[:4]:
        words = words_for(subject)
        for verb, thing in DEEDS:
            finite = third(verb, subject.startswith("The two"))
            stated = claimed(f"{subject} {finite} {thing}.", subject)
            checked += bool(stated)
            text = form.format(v=verb, vs=finite, o=thing, **words)
            assert not stated & {shown(claim) for claim in SPLITTER.split(text)}, text
    assert checked > 35


KOREAN_SUBJECTS = ("남자는", "개는", "여자가", "두 소년이")
KOREAN_DEEDS = (
    ("모자를", "쓰", "쓰고 있"), ("공을", "들", "들고 있"), ("소파에", "앉", "앉아 있"), ("자전거를", "타", "타고 있"),
    ("고양이를", "보", "보고 있"), ("사과를", "먹", "먹고 있"), ("빨간 셔츠를", "입", "입고 있"), ("탁자 옆에", "서", "서 있"),
)  # fmt: skip
DENIED_IN_KOREAN = (
    "{s} {o} {v}지 않다.", "{s} {o} {v}지 않습니다.", "{s} {o} {v}지는 않다.", "{s} {o} {b}지 않았다.", "{s} {o} {b}지 않고 있다.",
    "{s} {o} {v}는 것이 아니다.", "{s} {o} {v}는 게 아니다.", "{s} {o} 안 {v}다.", "{s} {o} {b}지 못했다.",
    "{s} {o} {v}다는 것은 사실이 아니다.", "{s} {o} {b}지 않은 채 웃고 있다.", "{s} {o} {v}지 않고 웃고 있다.",
    "{s} 더 이상 {o} {v}지 않다.", "{s} {o} {v}는 장면이 아니다.",
)  # fmt: skip


@pytest.mark.parametrize("form", DENIED_IN_KOREAN)
def test_a_denied_deed_is_not_claimed_in_korean(form: str) -> None:
    checked = 0
    for subject in KOREAN_SUBJECTS:
        for thing, base, doing in KOREAN_DEEDS:
            stated = {shown(claim) for claim in KOREAN.split(f"{subject} {thing} {doing}다.")}
            stated = {one for one in stated if not one.startswith(("object", "count"))}
            checked += bool(stated)
            text = form.format(s=subject, o=thing, b=base, v=doing)
            assert not stated & {shown(claim) for claim in KOREAN.split(text)}, text
    assert checked > 25

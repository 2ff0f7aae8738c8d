"""Positions in the picture: "on the left side of the image", "in the background", "in the top right corner"."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from llamaindex_clipverify.claims.english.sentences import Word
from llamaindex_clipverify.claims.english.terms import terms

_OPENERS = frozenset("in on at to towards toward near from along across throughout around".split())
_DETERMINERS = frozenset("the its his her their a this that".split())
_BETWEEN = frozenset(
    "far very upper lower most and extreme outer immediate back front image's picture's photo's distant near".split()
)
_ROOMS = frozenset("room kitchen bathroom bedroom office hall hallway garage yard garden stage".split())
"""Places whose sides are those of the picture."""
_NEARER = frozenset("closer nearer closest nearest close".split())
_SHOWN = frozenset("painting screen page panel panels illustration diagram drawing".split())
"""Words for the picture that are often things in it: "to the left of the painting" is a relation."""
_CHARTS = frozenset("chart graph plot diagram map infographic figure".split())
"""What fills the picture, so that its sides are those of the picture: "at the far right of the chart"."""
_NOUNS = frozenset(
    "side corner part half portion section area third edge end "
    "sides corners parts halves portions sections edges ends".split()
)


@dataclass(frozen=True, kw_only=True)
class Position:
    """A phrase that says where in the picture a thing is; `begins` and `after` are word indices."""

    begins: int
    after: int
    values: tuple[str, ...]
    """Of left, right, top, bottom, centre, corner, foreground, background."""


def find_positions(words: Sequence[Word]) -> list[Position]:
    """Return the phrases from left to right. "On the left of the car" is a relation and none of them."""
    found: list[Position] = []
    at = 0
    while at < len(words):
        opens = words[at].text in _OPENERS or words[at].text == "," or at == 0
        position = (_position(words, at) if opens else None) or _as_background(words, at)
        if position is not None and words[at].text == "around" and not _is_side(words, position):
            position = None  # "goes around a corner"
        if position is not None and at > 0 and words[at].text == "to" and words[at - 1].text in _NEARER:
            position = replace(position, begins=at - 1)  # "closer to the left side of the image"
        if position is not None and not (found and position.begins < found[-1].after):
            found.append(position)
            at = position.after
        else:
            at += 1
    return found


def _position(words: Sequence[Word], begins: int) -> Position | None:
    at, values, named = begins, [], False
    if words[begins].text == "from" and begins > 0:
        return None  # "enters from the left" is there no longer
    if begins > 1 and words[begins].text == "to" and words[begins - 2].text == "from":
        return None  # "from left to right"
    if words[at].text in _OPENERS or words[at].text == ",":
        at += 1
    opened = at > begins
    if words[begins].text == "on" and at < len(words) and words[at].text == "top":
        return None  # "a hill with trees on top"
    if at < len(words) and words[at].text in _DETERMINERS:
        at += 1
        opened = True
    first = at
    table = terms().positions
    while at < len(words):
        text = words[at].text
        parts = text.split("-") if text not in table else [text]
        known = [table[part] for part in parts if part in table]
        if known and text not in ("backdrop",):
            values += [value for value in known if value not in values]
        elif text in _NOUNS and (values or text in ("corner", "edge")):
            named = True
            values += ["corner"] * (text == "corner" and "corner" not in values)
        elif text not in _BETWEEN or (at == first and text == "and"):
            break
        at += 1
    while at > first and words[at - 1].text in ("and", "back", "front", "near"):
        at -= 1
    if not values or at == first:
        return None
    return _closed(words, begins, at, tuple(values), opened=opened, named=named)


def _is_side(words: Sequence[Word], position: Position) -> bool:
    """Return whether a position names a side: "around the bottom-right side", not "around the edges"."""
    named = any(word.text in ("side", "area", "part", "corner") for word in words[position.begins : position.after])
    return named and bool({"left", "right", "top", "bottom"} & set(position.values))


def _as_background(words: Sequence[Word], at: int) -> Position | None:
    """Return the position that "as the background" or "as a backdrop" names."""
    texts = [word.text for word in words[at : at + 3]]
    named = len(texts) == 3 and texts[0] == "as" and texts[1] in _DETERMINERS and texts[2] in ("background", "backdrop")
    return Position(begins=at, after=at + 3, values=("background",)) if named else None


def _closed(
    words: Sequence[Word], begins: int, at: int, values: tuple[str, ...], *, opened: bool, named: bool
) -> Position | None:
    """Return the position if nothing follows it that makes it a relation or a noun phrase."""
    picture = terms().picture
    following = words[at].text if at < len(words) else ""
    if following in ("of", "in", "within"):
        end = at + 1
        while end < len(words) and words[end].text in ("the", "this", "our", "your"):
            end += 1
        beside = words[begins].text == "to" and end < len(words) and words[end].text in _SHOWN | _CHARTS
        if end < len(words) and words[end].text.removesuffix("'s") in picture | _CHARTS and not beside:
            subject = _is_subject(words, begins, end + 1)
            return None if subject else Position(begins=begins, after=end + 1, values=values)
        if end < len(words) and words[end].text in _ROOMS and named:
            return Position(begins=begins, after=at, values=values)
        if following == "of":
            return None
    alone = named and begins == 0 and not _is_subject(words, begins, at)
    if not opened or (words[begins].text not in _OPENERS and not alone):
        return None
    if at < len(words) and words[at].tag.startswith(("NN", "JJ")) and words[at].text not in ("visible", "present"):
        return None
    return Position(begins=begins, after=at, values=values)


def _is_subject(words: Sequence[Word], begins: int, after: int) -> bool:
    """Return whether a verb says what a part of the picture holds: "the left side of the picture shows a dog"."""
    return words[begins].text not in _OPENERS and after < len(words) and words[after].tag in ("VBZ", "VBP", "VBD")

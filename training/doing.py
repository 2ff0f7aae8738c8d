"""Which emoji show a person who does something, and which show something open or closed."""

from __future__ import annotations

ACTIONS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("run", "1f3c3", ("person-running", "running", "man-running-1")),
    ("cycle", "1f6b4", ("person-biking", "bicyclist")),
    ("cycle", "1f6b5", ("person-mountain-biking",)),
    ("swim", "1f3ca", ("person-swimming", "swimming")),
    ("row", "1f6a3", ("person-rowing-boat",)),
    ("surf", "1f3c4", ("person-surfing", "surfer")),
    ("ski", "26f7", ("skier",)),
    ("snowboard", "1f3c2", ("snowboarder",)),
    ("climb", "1f9d7", ("person-climbing",)),
    ("ride", "1f3c7", ("horse-racing", "horseracing")),
    ("lift", "1f3cb", ("person-lifting-weights", "weightlifter")),
    ("dance", "1f483", ("woman-dancing", "dancer", "woman-dancing-1")),
    ("dance", "1f57a", ("man-dancing", "man-dancing-1")),
    ("juggle", "1f939", ("person-juggling",)),
    ("sleep", "1f6cc", ("person-in-bed",)),
    ("golf", "1f3cc", ("person-golfing", "golfer")),
    ("meditate", "1f9d8", ("person-in-lotus-position",)),
)
"""Verb, code point of the emoji, and names of the icon in iconify sets."""

BESIDE = {
    "1f9cd": "stand", "person-standing": "stand", "1f6b6": "walk", "woman-walking": "walk", "person-walking": "walk",
    "walking": "walk", "man-walking-1": "walk", "woman-walking-1": "walk",
}  # fmt: skip
"""What the persons among the first sprites do."""

STATES = {
    "2602": "open", "umbrella": "open", "1f302": "closed", "closed-umbrella": "closed", "1f4d6": "open", "open-book": "open",
    "1f4d5": "closed", "closed-book": "closed", "openbook": "open", "closedbook": "closed", "green-book": "closed",
}  # fmt: skip
"""Whether a book or an umbrella is open."""


def described(source: str) -> dict[str, str]:
    """Return the action and the state that an emoji shows, under these names, as far as it shows any."""
    verbs = {name: verb for verb, code, names in ACTIONS for name in (code, *names)} | BESIDE
    found = {"action": verbs.get(source), "state": STATES.get(source)}
    return {name: value for name, value in found.items() if value}

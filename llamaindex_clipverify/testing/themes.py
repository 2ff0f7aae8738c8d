"""Themes of nouns that are drawn together; they give *likely but absent* nouns as hard negatives of object claims."""

from __future__ import annotations

from functools import lru_cache

THEMES: dict[str, tuple[str, ...]] = {
    "street": (
        "person",
        "bicycle",
        "car",
        "motorcycle",
        "bus",
        "truck",
        "traffic light",
        "stop sign",
        "umbrella",
        "handbag",
    ),
    "journey": ("airplane", "train", "boat", "bus", "backpack", "car", "person", "cell phone", "umbrella"),
    "farm": ("horse", "sheep", "cow", "dog", "cat", "bird", "truck", "apple", "carrot", "person"),
    "safari": ("elephant", "zebra", "giraffe", "bear", "bird", "truck", "backpack", "person"),
    "park": ("dog", "bird", "kite", "skateboard", "bicycle", "person", "skis", "backpack", "bottle", "sandwich"),
    "kitchen": ("bottle", "cup", "fork", "knife", "spoon", "bowl", "banana", "apple", "broccoli", "carrot", "orange"),
    "party": ("wine glass", "bottle", "hot dog", "pizza", "donut", "cake", "sandwich", "cup", "fork", "person", "tie"),
    "living room": ("couch", "chair", "tv", "potted plant", "clock", "book", "cat", "dog", "teddy bear"),
    "bedroom": ("bed", "teddy bear", "clock", "book", "toilet", "toothbrush", "cell phone", "cup", "tie", "cat"),
    "desk": ("laptop", "mouse", "keyboard", "cell phone", "book", "scissors", "cup", "chair", "clock", "potted plant"),
    "winter": ("skis", "person", "bear", "train", "backpack", "cup", "umbrella", "boat", "skateboard"),
}
"""Theme to its nouns; every noun is in one at least."""

WORDS: tuple[str, ...] = (
    "OPEN", "SALE", "CAFE", "EXIT", "HOTEL", "MARKET", "BAKERY", "TAXI", "CLOSED", "WELCOME", "FRESH", "BAR", "PARK", "24H",
)  # fmt: skip
"""Words as on shops and signs; the names of absent nouns are written too."""


@lru_cache
def companions(noun: str) -> frozenset[str]:
    """Return the nouns that share a theme with a noun."""
    return frozenset(n for theme in THEMES.values() if noun in theme for n in theme) - {noun}

"""Numbers that are neither counts nor written words: measures, ages, ratios, sizes, addresses and coordinates."""

from __future__ import annotations

import re

_UNITS = (
    "mm|cm|km|m|ml|cl|l|mg|kg|g|lbs?|oz|ft|mph|kph|km/h|hz|khz|mhz|ghz|kb|mb|gb|tb|px|mp|kw|w|v|mah|°c?|inch(?:es)?|met(?:er|re)s?"
    "|kilomet(?:er|re)s?|centimet(?:er|re)s?|millimet(?:er|re)s?|kilograms?|kilos?|grams?|lit(?:er|re)s?|miles?|ounces?"
)
AGE = r"(?:\d{1,3}|one|two|three|four|five|six|seven|eight|nine|ten)[ -](?:year|month|week|day)s?[ -]old"
"""An age, as a pattern: "10-year-old"."""
_STREETS = "Street|St|Avenue|Ave|Road|Rd|Lane|Ln|Drive|Dr|Boulevard|Blvd|Square|Way|Court|Place"
MEASURE = (
    rf"(?<![\w.,$€£¥₩])(?:\d{{1,9}}(?:[.,]\d{{1,9}})?[ -]?(?i:{_UNITS})(?!\w)"
    r"|\d{1,3}[ -](?:feet|foot)(?=[ -](?:tall|high|long|wide|deep|thick|away|apart|above|below|from|by|each|in)\b)"
    r"|(?<=\bby )\d{1,3}[ -](?:feet|foot)\b"
    r"|\d{1,4}/\d{1,4}(?![\w/])|\d{1,4}[x×]\d{1,4}(?!\w)"
    rf"|\d{{1,5}}(?:\s[A-Z][a-z]{{1,20}}\.?){{1,3}}\s(?:{_STREETS})\b"
    r"|(?:(?<=\bat )|(?<=[(\[]))\d{1,5}(?:\.\d{1,9})?(?:,\s?\d{1,5}(?:\.\d{1,9})?){1,7}(?=\s?(?:[)\].;,]|$)))"
)
"""A measure ("3.5 mm"), ratio ("50/50"), size ("4x4"), address ("1200 Main Street") or coordinate ("at 54, 69")."""
_ANY = re.compile(rf"{MEASURE}|\b\d{{1,3}}(?:st|nd|rd|th)\b|\b\d{{1,3}}-[a-z]+(?:-[a-z]+)*\b|\b{AGE}\b")


def is_measure(text: str, start: int, end: int) -> bool:
    """Return whether the number from `start` to `end` of a text is, or is part of, an ordinal, an age or a measure."""
    return any(
        match.start() < end and start < match.end() for match in _ANY.finditer(text, max(start - 30, 0), end + 60)
    )

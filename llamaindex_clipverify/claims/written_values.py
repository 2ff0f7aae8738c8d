"""Values in a text: amounts, percentages, dates, times, telephone numbers, codes and plain numbers, in normal forms.

Two values are the same if they share a form; an ambiguous value such as 05/03/26 has two forms. OCR confusions (O and 0,
l and 1 next to digits, a currency sign read as a letter) are tolerated. A different digit is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

Sort = Literal["date", "time", "phone", "percent", "money", "number", "code"]


@dataclass(frozen=True, kw_only=True)
class Value:
    """One value and its position in the text."""

    sort: Sort
    text: str
    start: int
    end: int
    forms: frozenset[str]
    unit: str = ""
    """Currency of an amount; empty if the text has none."""

    def same(self, other: Value) -> bool:
        """Return whether both may mean the same; a missing year matches any year, a missing currency any currency."""
        if not self.comparable(other):
            return False
        if self.sort == "date":
            return any(_within(one, two) or _within(two, one) for one in self.forms for two in other.forms)
        return bool(self.forms & other.forms)

    def comparable(self, other: Value) -> bool:
        """Return whether both are of comparable types: an amount and a number, but not a date and a price."""
        sorts = {self.sort, other.sort}
        if self.unit and other.unit and self.unit != other.unit:
            return False
        return len(sorts) == 1 or sorts == {"money", "number"}


def _within(part: str, whole: str) -> bool:
    """Return whether a date that may lack its year or day matches a full date."""
    return whole.endswith(part) or (len(part) == len("2026-05") and whole.startswith(part))


_CURRENCIES = {"$": "usd", "€": "eur", "£": "gbp", "¥": "jpy", "₩": "krw"}
_CURRENCY_WORDS = {
    "usd": "usd", "dollar": "usd", "dollars": "usd", "eur": "eur", "euro": "eur", "euros": "eur", "gbp": "gbp",
    "pound": "gbp", "pounds": "gbp", "yen": "jpy", "jpy": "jpy", "won": "krw", "krw": "krw",
}  # fmt: skip
_MONTHS = "january february march april may june july august september october november december".split()
_MONTH = "(?P<month>" + "|".join(f"{name[:3]}(?:{name[3:]})?" for name in _MONTHS) + r"|sept)\.?"
_NUMBER = r"\d{1,3}(?:[.,\u202f' ]\d{3}){1,8}(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d+)*"
_DAY, _YEAR = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?", r"(?P<year>\d{4})"

_FORMULAS: tuple[tuple[Sort, str], ...] = (
    ("date", r"(?<!\d)(?P<year>\d{4})[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})(?!\d)"),
    ("date", r"(?<![\d.])(?P<first>\d{1,2})([-/.])(?P<second>\d{1,2})\2(?P<year>\d{4}|\d{2})(?![\d])"),
    ("date", rf"(?<![\d.,]){_DAY}\s{{0,3}}(?:of\s{{1,3}})?{_MONTH},?\s{{0,3}}(?:{_YEAR})?(?![a-z\d])"),
    ("date", rf"\b{_MONTH}\s{{0,3}}{_DAY}(?![\d.:]|,\d{{3}}\b)(?:,?\s{{0,3}}{_YEAR})?(?!\d)"),
    ("date", rf"\b{_MONTH}\s{{1,3}}{_YEAR}(?!\d)"),
    ("time", r"(?<![\d:.])(?P<hour>[01]?\d|2[0-3])[:.h](?P<minute>[0-5]\d)\s{0,3}(?P<half>[ap]\.?m\b\.?)(?![a-z])"),
    ("time", r"(?<![\d:.])(?P<hour>[01]?\d|2[0-3]):(?P<minute>[0-5]\d)(?![\d:])"),
    ("time", r"(?<![\d:.,])(?P<hour>1[0-2]|[1-9])\s?(?P<half>[ap]\.?m\b\.?)"),
    ("phone", r"(?<![\w.,])(?:\+\d{1,3}[ .-]?|\(|0|(?=\d+-)(?!\d{4}-\d{4}\b))[\d() -]{6,16}\d(?![\w.,]\d)"),
    ("percent", rf"(?P<number>{_NUMBER})\s?(?:%|percent\b|per\s+cent\b)"),
    ("money", rf"(?P<sign>[$€£¥₩])\s?(?P<number>{_NUMBER})(?!\w|[.,]\w)"),
    ("money", rf"(?P<number>{_NUMBER})\s?(?P<sign>[$€£¥₩]|(?:{'|'.join(_CURRENCY_WORDS)})\b)"),
    ("code", r"(?<![\w-])(?=[\w-]*\d)(?=[\w-]*[a-z])[a-z\d]+(?:-[a-z\d]+)*(?![\w-])"),
    ("number", rf"(?<![\w.,])(?:{_NUMBER})(?!\w|[.,]\w)"),
)
_PATTERNS = tuple((sort, re.compile(pattern, re.I)) for sort, pattern in _FORMULAS)
_DIGIT = re.compile(r"\d")
_LEAST_DIGITS = 7
_LONGEST = 100
"""Characters of the longest run without a space that may be a value."""
_TOKEN = re.compile(r"\S+")
_DIGITS_MOSTLY = re.compile(r"[\dOoIl|.,:/$€£¥₩%()+#-]*\d[\dOoIl|.,:/$€£¥₩%()+#-]*")
_SPLIT_DECIMALS = re.compile(r"(\d[.,]) (\d\d)(?!\d)|(\d) ([.,]\d\d)(?!\d)")
_LETTER_FOR_SIGN = re.compile(r"(?<![A-Za-z\d])[A-Za-z](?=(?:\d{1,3}(?:[.,]\d{3})+|\d+[.,]\d\d)(?![\d.,]\d))")
_ORDINAL = re.compile(r"\d+(?:st|nd|rd|th)", re.I)


def values_in(text: str) -> list[Value]:
    """Return the values of a text in order, without overlaps; dates are matched before numbers."""
    if _DIGIT.search(text) is None:
        return []
    read = mended(text)
    taken, found = bytearray(len(read)), []
    for sort, pattern in _PATTERNS:
        for match in pattern.finditer(read):
            start, stop = match.span()
            forms = frozenset() if any(taken[start:stop]) else frozenset(_FORMS[sort](match))
            if forms:
                taken[start:stop] = b"\1" * (stop - start)
                end = start + len(match.group().rstrip(" ,"))
                unit = _unit(match) if sort == "money" else ""
                found.append(Value(sort=sort, text=text[start:end], start=start, end=end, forms=forms, unit=unit))
    return sorted(found, key=lambda one: one.start)


def mended(text: str) -> str:
    """Return a text of the same length with letters misread for digits replaced, and letters misread for signs blanked.

    Blanks runs of more than 100 characters without a space, too: they are no values, and the patterns are then linear.
    """
    tokens = _TOKEN.sub(lambda token: _digits(token.group()), text)
    joined = _SPLIT_DECIMALS.sub(lambda found: found.group().replace(" ", "") + " ", tokens)
    return _LETTER_FOR_SIGN.sub(" ", joined)


def _digits(token: str) -> str:
    if len(token) > _LONGEST:
        return " " * len(token)
    if _DIGITS_MOSTLY.fullmatch(token) is None:
        return token
    return token.translate(str.maketrans("OoIl|", "00111"))


def _unit(match: re.Match[str]) -> str:
    sign = match["sign"].lower()
    return _CURRENCIES.get(sign) or _CURRENCY_WORDS[sign]


# -- normal forms -----------------------------------------------------------------------------------------------------


def _dates(match: re.Match[str]) -> Iterator[str]:
    parts = match.groupdict()
    year = str(parts.get("year") or "")
    year = f"20{year}" if len(year) == 2 else year
    if "first" in parts:
        one, two = int(parts["first"] or 0), int(parts["second"] or 0)
        pairs = [(two, one), (one, two)]
    else:
        name = str(parts["month"]).lower()
        month = int(name) if name.isdecimal() else 1 + next(n for n, full in enumerate(_MONTHS) if full[:3] == name[:3])
        pairs = [(month, int(parts.get("day") or 0))]
    for month, day in pairs:
        if 1 <= month <= 12 and 0 <= day <= 31:
            yield "-".join(part for part in (year, f"{month:02}", f"{day:02}" if day else "") if part)


def _times(match: re.Match[str]) -> Iterator[str]:
    parts = match.groupdict()
    hour, minute, half = int(parts["hour"] or 0), int(parts.get("minute") or 0), (parts.get("half") or "").lower()[:1]
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    yield f"{hour:02}:{minute:02}"
    if not half and 1 <= hour <= 12:
        yield f"{(hour + 12) % 24:02}:{minute:02}"  # a clock face, or a notice without am and pm


def _phones(match: re.Match[str]) -> Iterator[str]:
    digits = re.sub(r"\D", "", match.group())
    if len(digits) >= _LEAST_DIGITS:
        yield digits.lstrip("0")


def _codes(match: re.Match[str]) -> Iterator[str]:
    if not _ORDINAL.fullmatch(match.group()):
        yield match.group().lower().replace("-", "").translate(str.maketrans("oil|", "0111"))


def _numbers(match: re.Match[str]) -> Iterator[str]:
    text = re.sub(r"[\s'\u202f]", "", match.groupdict().get("number") or match.group())
    marks = [mark for mark in text if mark in ",."]
    last = max(text.rfind(","), text.rfind("."))
    behind = len(text) - last - 1
    if len(set(marks)) == 2 or (len(marks) == 1 and behind != 3):
        yield _plain(f"{re.sub('[.,]', '', text[:last])}.{text[last + 1 :]}")
        return
    yield _plain(re.sub("[.,]", "", text))
    if marks == ["."] and behind == 3:
        yield _plain(text)


def _plain(number: str) -> str:
    return f"{Decimal(number):f}".rstrip("0").rstrip(".") if "." in number else str(int(number))


_FORMS: dict[Sort, Callable[[re.Match[str]], Iterator[str]]] = {
    "date": _dates,
    "time": _times,
    "phone": _phones,
    "percent": _numbers,
    "money": _numbers,
    "code": _codes,
    "number": _numbers,
}

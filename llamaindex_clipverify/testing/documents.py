"""Drawn documents whose words are known: receipts, tables, slides and signs, with true and false claims about them.

A false claim uses another value of the same document if there is one: the tax for the total. Fonts are those bundled with
matplotlib. Report figures measured here as figures on *drawn documents*.

    from llamaindex_clipverify.testing.documents import draw_document

    document = draw_document(FRESH + 7)
    document.image, document.claims
"""

from __future__ import annotations

import datetime
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.random import Generator
from PIL import Image

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.testing.pages import Face, Page

KINDS = ("receipt", "table", "slide", "sign")
_MOST_CLAIMS = 6


@dataclass(frozen=True)
class Fact:
    """One thing written on a document."""

    sentence: str
    """Sentence that states it, with ``{}`` for the value."""
    value: str
    """The value as written in a sentence."""
    others: tuple[str, ...]
    """Values that would make the sentence false: those on the same document first."""


@dataclass(frozen=True, kw_only=True)
class Document:
    """A drawn document and what is true of it."""

    image: Image.Image = field(repr=False)
    kind: str
    claims: tuple[dict[str, str | int], ...]
    """Rows ``{"claim", "label", "kind"}``, half of them false."""
    seed: int


def draw_document(seed: int, kind: str | None = None) -> Document:
    """Draw one document; the same arguments always give the same one.

    Args:
        seed: Any non-negative number; use `FRESH` and above for tests.
        kind: One of `KINDS`. Default: a random one.

    Raises:
        DataError: There is no such kind.
    """
    rng = np.random.default_rng(seed)
    chosen = KINDS[int(rng.integers(len(KINDS)))]
    if kind is not None and kind not in KINDS:
        raise DataError("no such kind of document", got=kind, do=f"give one of {', '.join(KINDS)}")
    image, facts = _DRAW[kind or chosen](rng)
    return Document(image=image, kind=kind or chosen, claims=tuple(_claims(rng, facts)), seed=seed)


def rotated(image: Image.Image, degrees: float) -> Image.Image:
    """Return a document turned by some degrees on a plain table, larger, so that nothing is cut off."""
    return image.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=(150, 140, 130))


def compressed(image: Image.Image, quality: int) -> Image.Image:
    """Return a document as JPEG of a quality (1–95) leaves it."""
    kept = io.BytesIO()
    image.save(kept, "JPEG", quality=quality)
    return Image.open(io.BytesIO(kept.getvalue())).convert("RGB")


def _claims(rng: Generator, facts: Sequence[Fact]) -> list[dict[str, str | int]]:
    order = rng.permutation(len(facts))[:_MOST_CLAIMS]
    first = int(rng.integers(2))
    rows: list[dict[str, str | int]] = []
    for place, number in enumerate(order):
        fact = facts[int(number)]
        label = (place + first) % 2
        value = fact.value if label else fact.others[int(rng.integers(min(len(fact.others), 3)))]
        rows.append({"claim": fact.sentence.format(value), "label": label, "kind": "text"})
    return rows


# -- what is written --------------------------------------------------------------------------------------------------

_SHOPS = ("Corner Cafe", "Blue Heron Books", "Harbour Bakery", "Green Leaf Market", "Old Mill Hardware", "Sunrise Deli")
_STREETS = ("Mill Lane", "Park Road", "Station Street", "Queen Avenue", "River Walk", "Castle Hill")
_PEOPLE = (
    "Anna Smith",
    "Ben Carter",
    "Maria Lopez",
    "Yuna Park",
    "Omar Haddad",
    "Clara Weiss",
    "David Brown",
    "Ines Moreau",
)
_GOODS = ("Coffee", "Sandwich", "Bread", "Orange juice", "Notebook", "Batteries", "Cheese", "Tomatoes", "Candles", "Green tea",
          "Chocolate", "Envelopes")  # fmt: skip
_TITLES = ("Quarterly Review", "Market Outlook", "Project Status", "Hiring Plan", "Energy Report", "Customer Survey")
_REGIONS = ("Asia", "Europe", "Africa", "Oceania", "North America")
_MEASURES = ("Sales", "Visitors", "Orders", "Members", "Exports")
_MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
           "December")  # fmt: skip
_CITIES = ("Paris", "Vienna", "Lisbon", "Seoul", "Oslo", "Dublin", "Madrid")
_WORDS = ("NO PARKING", "PRIVATE ROAD", "WET PAINT", "STAFF ONLY", "MIND THE STEP", "OPEN DAILY", "RING THE BELL", "SHOP CLOSED",
          "FIRE EXIT", "SLOW DOWN")  # fmt: skip
_SIGNS = ("$", "€", "£", "")


def _pick(rng: Generator, among: Sequence[str], number: int = 1) -> list[str]:
    return [among[int(place)] for place in rng.permutation(len(among))[:number]]


def _money(cents: int, sign: str = "") -> str:
    return f"{sign}{cents // 100:,}.{cents % 100:02d}"


def _said_money(rng: Generator, cents: int, sign: str) -> str:
    """Write an amount as a sentence may: with its sign, or with the currency's word, or bare."""
    names = {"$": "dollars", "€": "euros", "£": "pounds"}
    plain = _money(cents)
    ways = [f"{sign}{plain}", f"{plain} {names[sign]}"] if sign else [plain]
    return ways[int(rng.integers(len(ways)))]


def _dates(rng: Generator) -> tuple[str, str, str]:
    """Return a day as a document writes it, as a sentence does, and a later day as a sentence does."""
    day = datetime.date(2024, 1, 1) + datetime.timedelta(days=int(rng.integers(900)))
    later = day + datetime.timedelta(days=int(rng.integers(3, 90)))
    ways: list[Callable[[datetime.date], str]] = [
        lambda one: one.isoformat(),
        lambda one: f"{one.day} {_MONTHS[one.month - 1]} {one.year}",
        lambda one: f"{_MONTHS[one.month - 1]} {one.day}, {one.year}",
        lambda one: f"{one.day:02d}/{one.month:02d}/{one.year}",
        lambda one: f"{one.day} {_MONTHS[one.month - 1][:3]} {one.year}",
    ]
    drawn, written = ways[int(rng.integers(len(ways)))], ways[int(rng.integers(3))]
    return drawn(day), written(day), written(later)


def _altered(rng: Generator, text: str) -> str:
    """Return a value with one digit changed."""
    places = [place for place, sign in enumerate(text) if sign.isdigit()]
    place = places[int(rng.integers(len(places)))]
    digit = (int(text[place]) + int(rng.integers(1, 9))) % 10
    if digit == 0 and place == places[0]:
        digit = 1 + int(text[place]) % 9
    return text[:place] + str(digit) + text[place + 1 :]


def _without(value: str, among: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one for one in among if one != value))


# -- receipts ---------------------------------------------------------------------------------------------------------


def _receipt(rng: Generator) -> tuple[Image.Image, list[Fact]]:
    sign = _pick(rng, _SIGNS)[0]
    shop, street = _pick(rng, _SHOPS)[0], _pick(rng, _STREETS)[0]
    cashier, buyer = _pick(rng, _PEOPLE, 2)
    goods = _pick(rng, _GOODS, int(rng.integers(2, 6)))
    prices = [int(price) for price in rng.choice(np.arange(90, 2500, 5), len(goods), replace=False)]
    subtotal, rate = sum(prices), int(rng.choice([5, 8, 10, 20]))
    tax = round(subtotal * rate / 100)
    drawn_date, date, other_date = _dates(rng)
    code = f"{'ABCDEFGH'[int(rng.integers(8))]}{int(rng.integers(1000, 9999))}"
    rows = [*zip(goods, prices, strict=True), ("Subtotal", subtotal), (f"Tax {rate}%", tax), ("TOTAL", subtotal + tax)]
    said = [_said_money(rng, price, sign) for _, price in rows]
    cents = [amount for _, amount in rows]
    sums = ("The {} is {{}}.", "The receipt shows a {} of {{}}.", "The {} comes to {{}}.")
    sales = ("The {} costs {{}}.", "The price of the {} is {{}}.", "{{}} was paid for the {}.")
    forms = [*[_pick(rng, sales)[0].format(name.lower()) for name in goods],
             *[_pick(rng, sums)[0].format(name) for name in ("subtotal", "tax", "total")]]  # fmt: skip
    facts = []
    for form, amount, own in zip(forms, said, cents, strict=True):
        others = _pick(rng, [text for text, one in zip(said, cents, strict=True) if one != own], 2)
        facts.append(Fact(form, amount, (*others, _altered(rng, amount))))
    facts += [
        Fact("The receipt is dated {}.", date, (other_date,)),
        Fact("The cashier is {}.", cashier, (buyer, _pick(rng, _without(cashier, _PEOPLE))[0])),
        Fact("The store is called {}.", shop, (_pick(rng, _without(shop, _SHOPS))[0],)),
        Fact("The receipt number is {}.", code, (_altered(rng, code),)),
        Fact("The tax rate is {}%.", str(rate), (str(int(rng.choice([r for r in (5, 8, 10, 20) if r != rate]))),)),
    ]
    face, size = Face(rng, ("DejaVuSansMono", "DejaVuSans", "DejaVuSerif")), int(rng.integers(15, 21))
    step = round(size * float(rng.uniform(1.45, 1.9)))
    page = Page(400, step * (len(rows) + 10), (252, 251, 247))
    page.centre(step, shop.upper(), face.bold(size + 4))
    page.centre(2 * step, f"{int(rng.integers(2, 99))} {street}", face.plain(size))
    page.left(3.2 * step, f"Date: {drawn_date}", face.plain(size))
    page.left(4.2 * step, f"Receipt No: {code}", face.plain(size))
    for place, (name, price) in enumerate(rows):
        pen = face.bold(size + 1) if name == "TOTAL" else face.plain(size)
        page.pair((5.6 + place) * step, name, _money(price, sign), pen)
    under = (6.2 + len(rows)) * step
    page.left(under, f"Cashier: {cashier}", face.plain(size))
    page.left(under + step, f"Customer: {buyer}", face.plain(size))
    page.centre(under + 2.3 * step, "THANK YOU", face.plain(size))
    return page.image, facts


# -- tables -----------------------------------------------------------------------------------------------------------


def _table(rng: Generator) -> tuple[Image.Image, list[Fact]]:
    measure = _pick(rng, _MEASURES)[0]
    by_year = rng.random() < 0.5
    heads = [str(2022 + place) for place in range(3)] if by_year else _pick(rng, _REGIONS[:4], 3)
    names = _pick(rng, _REGIONS, 4) if by_year else _pick(rng, _MONTHS, 5)
    numbers = rng.choice(np.arange(105, 9800), (len(names), len(heads)), replace=False)
    cells = [[f"{int(value):,}" for value in row] for row in numbers]
    facts = []
    for row, name in enumerate(names):
        for column, head in enumerate(heads):
            same_row = [cells[row][at] for at in range(len(heads)) if at != column]
            below = [cells[at][column] for at in range(len(names)) if at != row]
            sentence = (
                f"{measure} in {name} in {head} were {{}}." if by_year else f"{measure} for {head} in {name} were {{}}."
            )
            facts.append(Fact(sentence, cells[row][column], (*_pick(rng, same_row), *_pick(rng, below))))
    face, size = Face(rng, ("DejaVuSans", "DejaVuSerif")), int(rng.integers(15, 20))
    step = round(size * 2.1)
    page = Page(560, step * (len(names) + 4), (255, 255, 255))
    page.centre(step, f"{measure} by {'region' if by_year else 'month'}", face.bold(size + 4))
    edges = [270, 400, 530]
    if rng.random() < 0.5:
        page.band(2.4 * step - step * 0.65, step * 1.3, (222, 230, 240))
    for head, edge in zip(heads, edges, strict=True):
        page.right(2.4 * step, head, face.bold(size - 1), edge)
    for row, name in enumerate(names):
        page.left((3.5 + row) * step, name, face.plain(size))
        for cell, edge in zip(cells[row], edges, strict=True):
            page.right((3.5 + row) * step, cell, face.plain(size), edge)
        if rng.random() < 0.3:
            page.rule((4.0 + row) * step)
    return page.image, facts


# -- slides -----------------------------------------------------------------------------------------------------------


def _slide(rng: Generator) -> tuple[Image.Image, list[Fact]]:
    title, speaker = _pick(rng, _TITLES)[0], _pick(rng, _PEOPLE)[0]
    drawn_date, date, other_date = _dates(rng)
    regions = _pick(rng, _REGIONS, 3)
    shares = [f"{int(share)}%" for share in rng.choice(np.arange(4, 97), 3, replace=False)]
    budget = f"{int(rng.integers(12, 95)) / 10:.1f}"
    staff = str(int(rng.integers(105, 990)))
    facts = [
        Fact(f"The share of {region} is {{}}.", share, (*_without(share, shares), _altered(rng, share)))
        for region, share in zip(regions, shares, strict=True)
    ]
    facts += [
        Fact("The title of the slide is {}.", title, _without(title, _TITLES)),
        Fact("The speaker is {}.", speaker, _without(speaker, _PEOPLE)),
        Fact("The slide is dated {}.", date, (other_date,)),
        Fact("The budget is {} million.", budget, (_altered(rng, budget),)),
        Fact("Employees: {}.", staff, (_altered(rng, staff),)),
    ]
    face, size = Face(rng, ("DejaVuSans", "DejaVuSerif")), int(rng.integers(17, 23))
    dark = rng.random() < 0.35
    paper, ink = ((28, 42, 66), (240, 240, 240)) if dark else ((250, 250, 252), (25, 25, 35))
    page = Page(680, 420, paper, ink)
    page.left(46, title, face.bold(size + 10))
    page.rule(80)
    bullets = [f"{region}: {share}" for region, share in zip(regions, shares, strict=True)]
    bullets += [f"Budget: {budget} million", f"Employees: {staff}"]
    for place, bullet in enumerate(_pick(rng, bullets, len(bullets))):
        page.left(115 + place * 46, f"{'-' if dark else '•'} {bullet}", face.plain(size))
    page.left(378, f"Speaker: {speaker}", face.plain(size - 2))
    page.right(378, drawn_date, face.plain(size - 2), 650)
    return page.image, facts


# -- signs ------------------------------------------------------------------------------------------------------------


def _sign(rng: Generator) -> tuple[Image.Image, list[Fact]]:
    return (_prices, _notice, _departures)[int(rng.integers(3))](rng)


def _prices(rng: Generator) -> tuple[Image.Image, list[Fact]]:
    sign = ("$", "€", "£")[int(rng.integers(3))]
    names = ["Adult", "Child", "Student", "Senior"]
    amounts = [int(cents) for cents in rng.choice(np.arange(250, 2500, 50), 4, replace=False)]
    said = [_said_money(rng, cents, sign) for cents in amounts]
    facts = [
        Fact(f"The {name.lower()} ticket costs {{}}.", amount, (*_without(amount, said), _altered(rng, amount)))
        for name, amount in zip(names, said, strict=True)
    ]
    face, size = Face(rng, ("DejaVuSans", "DejaVuSerif")), int(rng.integers(22, 29))
    page = _board(rng, 440, 360)
    page.centre(50, "TICKETS", face.bold(size + 8))
    apart = rng.random() < 0.5
    for place, (name, cents) in enumerate(zip(names, amounts, strict=True)):
        if apart:
            page.pair(120 + place * 58, name, _money(cents, sign), face.plain(size), 50)
        else:
            page.centre(120 + place * 58, f"{name} {_money(cents, sign)}", face.plain(size))
    return page.image, facts


def _notice(rng: Generator) -> tuple[Image.Image, list[Fact]]:
    top, bottom = _pick(rng, _WORDS, 2)
    phone = f"555-{int(rng.integers(100, 999))}-{int(rng.integers(1000, 9999))}"
    room = str(int(rng.integers(101, 499)))
    others = _without(top, _without(bottom, _WORDS))
    facts = [
        Fact('The sign says "{}".', top.title() if rng.random() < 0.5 else top, tuple(_pick(rng, others, 3))),
        Fact('The words "{}" are written on it.', bottom, tuple(_pick(rng, others, 3))),
        Fact("The phone number is {}.", phone, (_altered(rng, phone),)),
        Fact("It is room {}.", room, (_altered(rng, room),)),
    ]
    face, size = Face(rng, ("DejaVuSans", "DejaVuSerif")), int(rng.integers(24, 34))
    page = _board(rng, 440, 320)
    page.centre(60, top, face.bold(size + 6))
    page.centre(130, bottom, face.plain(size))
    page.centre(200, f"Room {room}", face.plain(size - 4))
    page.centre(260, f"Call {phone}", face.plain(size - 6))
    return page.image, facts


def _departures(rng: Generator) -> tuple[Image.Image, list[Fact]]:
    cities = _pick(rng, _CITIES, 4)
    minutes = sorted(int(one) for one in rng.choice(np.arange(6 * 60, 23 * 60), 4, replace=False))
    times = [f"{one // 60:02d}:{one % 60:02d}" for one in minutes]
    gates = [
        f"{'ABCD'[int(rng.integers(4))]}{int(number)}" for number in rng.choice(np.arange(2, 60), 4, replace=False)
    ]
    facts = [
        Fact(
            f"The flight to {city} departs at {{}}.", time, (*_without(time, times), _altered(rng, time[:3]) + time[3:])
        )
        for city, time in zip(cities, times, strict=True)
    ]
    facts += [
        Fact(f"The flight to {city} leaves from gate {{}}.", gate, _without(gate, gates))
        for city, gate in zip(cities, gates, strict=True)
    ]
    face, size = Face(rng, ("DejaVuSansMono", "DejaVuSans")), int(rng.integers(19, 24))
    page = Page(560, 340, (18, 20, 26), (250, 214, 80))
    page.left(40, "DEPARTURES", face.bold(size + 6))
    for head, left in zip(("Time", "To", "Gate"), (30, 170, 420), strict=True):
        page.left(95, head, face.bold(size - 3), left)
    for place, row in enumerate(zip(times, cities, gates, strict=True)):
        for text, left in zip(row, (30, 170, 420), strict=True):
            page.left(145 + place * 48, text, face.plain(size), left)
    return page.image, facts


def _board(rng: Generator, width: int, height: int) -> Page:
    colours = (((255, 255, 255), (20, 20, 20)), ((20, 70, 150), (255, 255, 255)), ((250, 210, 60), (20, 20, 20)),
               ((25, 95, 60), (250, 250, 240)))  # fmt: skip
    return Page(width, height, *colours[int(rng.integers(len(colours)))])


_DRAW: dict[str, Callable[[Generator], tuple[Image.Image, list[Fact]]]] = {
    "receipt": _receipt,
    "table": _table,
    "slide": _slide,
    "sign": _sign,
}


# -- pen and paper ----------------------------------------------------------------------------------------------------

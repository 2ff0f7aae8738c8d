"""Claims that compare two things: "more dogs than cats", "the man is taller than the boy"."""

from __future__ import annotations

from collections.abc import Iterator

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.english.clauses import Clause
from llamaindex_clipverify.claims.english.mentions import Mention
from llamaindex_clipverify.claims.english.verbs import Verb

_MEASURES = frozenset("size length width height shape colour color age thickness diameter area".split())
_QUALITIES = {"tall": "height", "long": "length", "wide": "width", "large": "size", "big": "size", "high": "height",
              "thick": "thickness", "old": "age"}  # fmt: skip
_AMOUNTS = {"more": "more than", "fewer": "fewer than", "less": "fewer than"}


def comparisons(clause: Clause) -> Iterator[Claim]:
    """Yield the comparisons of a sentence."""
    yield from _alike(clause)
    yield from _equal(clause)
    for at, word in enumerate(clause.words):
        if word.text == "as" and not clause.hedged[at]:
            yield from _same(clause, at)
        if word.text != "than" or clause.hedged[at]:
            continue
        other = next((mention for mention in clause.mentions if mention.begins <= at + 2 and mention.head > at), None)
        if other is None or (other.number is not None and other.rough):
            continue
        yield from _compared(clause, at, other)


def _equal(clause: Clause) -> Iterator[Claim]:
    """Read "the two bars have the same length", "the widths of both bars are equal", "are equally tall"."""
    for verb in clause.structure.verbs:
        rest = clause.between(verb.after, verb.after + 5)
        if clause.hedged[verb.at] or "as" in rest or "than" in rest:
            continue
        measured, of = _measured(clause, verb)
        quality = _quality(clause, verb, [*rest, "", "", ""], measured).removesuffix("s")
        if quality in _MEASURES:
            yield from _all_equal(clause, verb, of or verb.subjects, quality)


def _quality(clause: Clause, verb: Verb, rest: list[str], measured: str) -> str:
    """Return in what things are said to be equal, "" if in nothing."""
    same = rest[0] in ("the", "a", "one") and rest[1] == "same"
    if verb.lemma in ("have", "share"):
        return rest[2] if same else rest[1] if rest[0] in ("equal", "identical") else ""
    if verb.form != "copula":
        return ""
    if clause.text(verb.after - 1) == "equally":
        return _QUALITIES.get(rest[0], "")
    if rest[0] in ("equal", "identical"):
        return rest[2] if rest[1] == "in" else measured
    return measured if same else ""


def _measured(clause: Clause, verb: Verb) -> tuple[str, list[Mention]]:
    """Return what is measured and of what: "the widths of the two bars" are equal."""
    first = verb.subjects[0] if verb.subjects else None
    name = clause.text(first.after - 1) if first is not None and not first.shown else ""
    if name.removesuffix("s") not in _MEASURES:
        return "", []
    return name, [link.ground for link in clause.structure.links if link.relation == "of" and link.ground is not None]


def _all_equal(clause: Clause, verb: Verb, subjects: list[Mention], quality: str) -> Iterator[Claim]:
    nouns = clause.meant(subjects)
    if quality not in _MEASURES or not nouns or (len(nouns) == 1 and not nouns[0][1].plural):
        return
    subject, mention = nouns[0]
    last = min(verb.after + 2, len(clause.words) - 1)
    yield clause.spanning(
        "comparison", mention, min(subject.head, verb.begins), last, relation=f"same {quality} as", reference=nouns[-1][1].noun,
        known=False, negated=verb.negated,
    )  # fmt: skip


def _alike(clause: Clause) -> Iterator[Claim]:
    """Read "the two circles are the same size"."""
    for verb in clause.structure.verbs:
        rest = clause.between(verb.after, verb.after + 4)
        if verb.form != "copula" or rest[:2] != ["the", "same"] or "as" in rest or clause.hedged[verb.at]:
            continue
        nouns = clause.meant(verb.subjects)
        if not nouns or (len(nouns) == 1 and not nouns[0][1].plural):
            continue
        subject, mention = nouns[0]
        relation = " ".join(["same", *rest[2:3], "as"])
        last = min(verb.after + 2, len(clause.words) - 1)
        yield clause.spanning(
            "comparison", mention, subject.head, last, relation=relation, reference=nouns[-1][1].noun, known=False,
            negated=verb.negated,
        )  # fmt: skip


def _same(clause: Clause, at: int) -> Iterator[Claim]:
    """Read "is the same size as the cup" and "is as tall as the boy"."""
    before = clause.between(max(at - 3, 0), at)
    having = next(
        (verb for verb in reversed(clause.structure.verbs) if verb.begins < at and verb.lemma == "have"), None
    )
    amount = next((spot for spot in range(at - 1, max(at - 5, 0), -1) if clause.text(spot) in ("many", "much")), None)
    if amount is not None and clause.text(amount - 1) == "as":
        yield from _as_many(clause, amount, at)
        return
    verb = next((verb for verb in reversed(clause.structure.verbs) if verb.begins < at and verb.form == "copula"), None)
    other = next(
        (mention for mention in clause.mentions if at < mention.head <= at + 5 and mention.begins == at + 1), None
    )
    verb = having if having is not None and "same" in before else verb
    if verb is None or other is None:
        return
    if "same" in before:
        relation = " ".join([*before[before.index("same") :], "as"])
    elif before[-2:-1] == ["as"]:
        relation = f"as {before[-1]} as"
    else:
        return
    for subject, mention in clause.meant(verb.subjects):
        yield _claim(clause, mention, relation, other, subject.head, verb.negated)


def _as_many(clause: Clause, amount: int, at: int) -> Iterator[Claim]:
    """Read "as many forks as knives"."""
    one = next((mention for mention in clause.mentions if mention.begins == amount and mention.after == at), None)
    other = next((mention for mention in clause.mentions if mention.begins == at + 1), None)
    if one is None or other is None or one.pronoun:
        return
    one.at_least, verb = None, clause.verb_before(amount)
    yield _claim(clause, one, f"as {clause.text(amount)} as", other, amount - 1, verb is not None and verb.negated)


def _compared(clause: Clause, at: int, other: Mention) -> Iterator[Claim]:
    near = next(
        (
            mention
            for mention in reversed(clause.mentions)
            if mention.after <= at and not mention.pronoun and mention.shown
        ),
        None,
    )
    before = clause.text(at - 1)
    amount = _amount(clause, near) if near is not None and near.after == at else None
    if near is not None and amount is not None:
        verb = clause.verb_before(amount)
        denied = clause.text(amount - 1) in ("no", "not") or (verb is not None and verb.negated)
        clause.covered |= {id(near)} if denied else set()
        yield _claim(clause, near, _AMOUNTS[clause.text(amount)], other, amount, denied)
    elif before.endswith("er") and clause.words[at - 1].tag in ("JJR", "RBR"):
        verb = clause.verb_before(at)
        for subject, mention in clause.meant(verb.subjects if verb is not None else []):
            yield _claim(clause, mention, f"{before} than", other, subject.head, bool(verb and verb.negated))


def _amount(clause: Clause, near: Mention) -> int | None:
    """Return the position of *more* or *fewer* before a noun, or None."""
    return next((at for at in range(near.begins - 1, near.head) if clause.text(at) in _AMOUNTS), None)


def _claim(clause: Clause, mention: Mention, relation: str, other: Mention, first: int, negated: bool = False) -> Claim:
    last = other.after - 1
    return clause.spanning(
        "comparison", mention, first, last, relation=relation, reference=_name(other), known=False, negated=negated
    )


def _name(mention: Mention) -> str:
    """Return the noun of a noun phrase, of *one* the noun that it stands for."""
    return mention.noun or next((one.noun for one in mention.stands_for), "")

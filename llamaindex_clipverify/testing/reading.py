"""Evaluates how a splitter reads sentences that others wrote, against claims written by hand before it was run.

A row is ``{"source", "text", "question", "claims": [{"kind", "noun", …}]}`` with the words as the sentence has them. A claim is
right when kind, polarity and all its words agree: nouns after synonyms (*man* is a person), relations by group (*beside* is
*next to*), values in canonical form. A claim that a right one implies (that there is a car, if the car is red) counts neither
for nor against. Rows of kind ``beyond`` are checkable statements outside the kinds of claim.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, Protocol

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.english.prepositions import PHRASES
from llamaindex_clipverify.claims.english.terms import terms
from llamaindex_clipverify.claims.english.verbs import lemma
from llamaindex_clipverify.claims.korean.words import lexicon
from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.claims.wordnet import wordnet
from llamaindex_clipverify.testing.gold import Tally

_GROUPS = {
    form: name
    for name, forms in {
        "in": "inside | within | into",
        "on": "onto | on top of | upon | atop",
        "next to": "near | by | beside | close to | alongside",
        "below": "under | underneath | beneath",
        "above": "over",
        "around": "surrounded by | surrounding",
        "with": "accompanied by | along with",
        "among": "amongst",
    }.items()
    for form in forms.split(" | ")
}
"""Relations that count as the same."""
_DESCRIPTIVE = frozenset(("attribute", "state", "size", "material", "pattern"))
_REFERENCED = ("relation", "depth", "wearing", "part", "comparison")
_VALUED = ("position", "material", "pattern", "size", "state", "scene", "action")


class Reader(Protocol):
    """Splits an answer, with its question where the answer is short."""

    def __call__(self, text: str, question: str | None) -> Sequence[Claim]:
        """Return the claims."""
        ...


@dataclass(kw_only=True)
class Counts(Tally):
    """Numbers of claims, and of those that were read with the opposite polarity."""

    reversed: int = 0
    """Found with the opposite polarity of an expected claim."""


@dataclass
class Reading:
    """Counts by kind and by source."""

    kinds: dict[str, Counts] = field(default_factory=dict)
    sources: dict[str, Counts] = field(default_factory=dict)
    negated: Counts = field(default_factory=Counts)
    """Denied statements only."""
    beyond: int = 0
    """Checkable statements outside the kinds of claim."""
    misread: list[str] = field(default_factory=list)

    @property
    def overall(self) -> Counts:
        """Return the sum over kinds."""
        return Counts.total(self.kinds.values())

    @property
    def recall_of_everything(self) -> float:
        """Return the share 0–1 of all checkable statements that are read right."""
        total = self.overall
        return total.right / max(total.expected + self.beyond, 1)


def read_all(read: Reader, rows: Iterable[Mapping[str, Any]]) -> Reading:
    """Read every row and compare."""
    done = Reading()
    for row in rows:
        _row(done, row, [claim for claim in read(row["text"], row.get("question")) if claim.kind != "other"])
    return done


def _row(done: Reading, row: Mapping[str, Any], found: list[Claim]) -> None:
    golds = [gold for gold in row["claims"] if gold["kind"] != "beyond"]
    done.beyond += len(row["claims"]) - len(golds)
    source = done.sources.setdefault(row.get("source", "?"), Counts())
    surplus = list(found)
    missing = []
    for gold in sorted(golds, key=lambda one: one["kind"] == "object"):
        hit = next((claim for claim in surplus if agrees(gold, claim)), None)
        implied = hit is None and any(
            _mentions(claim, gold) if gold["kind"] == "object" else _coloured(gold, claim) for claim in found
        )
        counts = done.kinds.setdefault(gold["kind"], Counts())
        ok = hit is not None or implied
        for tally in (counts, source, *([done.negated] if gold.get("negated") else [])):
            tally.expected += 1
            tally.found += ok
            tally.right += ok
        if hit is not None:
            surplus.remove(hit)
        elif not implied:
            missing.append(gold)
    surplus = [claim for claim in surplus if not any(_implies(gold, claim) for gold in golds)]
    for claim in surplus:
        turned = any(agrees({**gold, "negated": not gold.get("negated")}, claim) for gold in golds)
        for tally in (done.kinds.setdefault(claim.kind, Counts()), source, *([done.negated] if claim.negated else [])):
            tally.found += 1
            tally.reversed += turned
    if missing or surplus:
        done.misread.append(
            f"{row['text']}\n    missing {[_named(gold) for gold in missing]}\n    surplus {[shown(one) for one in surplus]}"
        )


def agrees(gold: Mapping[str, Any], claim: Claim) -> bool:
    """Return whether a claim is the one written by hand."""
    kinds = (gold["kind"], claim.kind)
    if bool(gold.get("negated")) != claim.negated and kinds != ("count", "object"):
        return False
    if kinds in _ALIKE and _ALIKE[kinds](gold, claim):
        return True
    if kinds[0] != kinds[1]:
        return False
    if claim.kind == "text":
        said, found = _letters(gold["span"]), _letters(claim.text)
        return said in found or found in said
    if claim.kind != "scene" and not same_noun(gold.get("noun"), claim):
        return False
    return all(check(gold, claim) for check in _WORDS)


def _same_colour(gold: Mapping[str, Any], claim: Claim) -> bool:
    return not gold.get("colour") or claim.kind == "relation" or _colour(gold["colour"]) == claim.colour


def _same_number(gold: Mapping[str, Any], claim: Claim) -> bool:
    if claim.kind == "bound":
        return any(
            gold.get(name) is not None and gold[name] == getattr(claim, name) for name in ("at_least", "at_most")
        )
    return claim.kind != "count" or gold.get("number") == claim.number


def _same_value(gold: Mapping[str, Any], claim: Claim) -> bool:
    return claim.kind not in _VALUED or _value(gold) == _canonical(claim.kind, str(claim.value))


def _same_reference(gold: Mapping[str, Any], claim: Claim) -> bool:
    needed = claim.kind in _REFERENCED or (claim.kind == "action" and gold.get("reference"))
    return not needed or same_word(gold.get("reference"), claim.reference)


def _same_link(gold: Mapping[str, Any], claim: Claim) -> bool:
    return claim.kind not in ("relation", "depth", "comparison") or _same_relation(gold, claim)


_WORDS = (_same_colour, _same_number, _same_value, _same_reference, _same_link)


def _absent_alike(gold: Mapping[str, Any], claim: Claim) -> bool:
    """Return whether "with no stains" was read as the absence of stains."""
    if not claim.negated or gold.get("relation") not in ("with", "in"):
        return False
    return same_word(gold.get("reference") if gold["relation"] == "with" else gold.get("noun"), claim.noun)


def _linked_alike(gold: Mapping[str, Any], claim: Claim) -> bool:
    """Return whether the action of a thing was read as a relation: "a shelf holding books"."""
    same = lemma(str(gold.get("value"))) == lemma(str(claim.relation))
    return same and same_noun(gold.get("noun"), claim) and same_word(gold.get("reference"), claim.reference)


def _acted_alike(gold: Mapping[str, Any], claim: Claim) -> bool:
    """Return whether a relation named by a verb was read as an action: "facing the camera"."""
    same = lemma(str(gold.get("relation"))) == claim.value
    return same and same_noun(gold.get("noun"), claim) and same_word(gold.get("reference"), claim.reference)


def _dressed_alike(gold: Mapping[str, Any], claim: Claim) -> bool:
    """Return whether "a man in red" was written as the colour of the man."""
    return (
        claim.reference == "clothes" and same_noun(gold.get("noun"), claim) and _colour(gold["colour"]) == claim.colour
    )


def _placed_alike(gold: Mapping[str, Any], claim: Claim) -> bool:
    same = same_noun(gold.get("noun"), claim) and same_word(gold.get("reference"), claim.reference)
    return same and (claim.kind == "wearing" or _same_relation(gold, claim))


def _coloured(gold: Mapping[str, Any], claim: Claim) -> bool:
    """Return whether a claim about a number, garment or part states the colour too."""
    if (
        gold["kind"] != "attribute"
        or claim.kind not in ("count", "wearing", "part", "relation")
        or claim.negated
        or gold.get("negated")
    ):
        return False
    owner = claim.reference if claim.kind == "wearing" else claim.noun
    return same_word(gold["noun"], owner) and _colour(gold["colour"]) == claim.colour


def _described_alike(gold: Mapping[str, Any], claim: Claim) -> bool:
    """Return whether one descriptive word was only filed under another kind: "a rusty car"."""
    words = {str(gold.get("colour") or gold.get("value")).lower(), _value(gold) if gold.get("value") else ""}
    return same_noun(gold.get("noun"), claim) and str(claim.colour or claim.value).lower() in words


def _part_alike(gold: Mapping[str, Any], claim: Claim) -> bool:
    """Return whether a part was read as what the whole is *with*, or the other way round."""
    if gold["kind"] == "part":
        turned = same_noun(gold.get("reference"), claim) and same_word(gold["noun"], claim.reference)
        straight = same_noun(gold["noun"], claim) and same_word(gold.get("reference"), claim.reference)
        return (claim.relation == "with" and turned) or straight
    turned = same_word(gold["noun"], claim.reference) and same_noun(gold.get("reference"), claim)
    return turned or (same_noun(gold["noun"], claim) and same_word(gold.get("reference"), claim.reference))


def _surrounded_alike(gold: Mapping[str, Any], claim: Claim) -> bool:
    """Return whether "A is surrounded by B" was written as B around A, or the other way round."""
    names = {str(gold.get("relation")), str(claim.relation)}
    around = names in ({"around", "surrounded by"}, {"around", "enclosed by"})
    return around and same_noun(gold.get("reference"), claim) and same_word(gold.get("noun"), claim.reference)


def _contained_alike(gold: Mapping[str, Any], claim: Claim) -> bool:
    """Return whether "A contains B" was read as B in A."""
    if lemma(str(gold.get("relation"))) not in ("contain", "house") or claim.relation != "in":
        return False
    return same_noun(gold.get("reference"), claim) and same_word(gold.get("noun"), claim.reference)


def _zero_alike(gold: Mapping[str, Any], claim: Claim) -> bool:
    """Return whether "0 dogs" was read as the absence of dogs."""
    return gold.get("number") == 0 and claim.negated and same_noun(gold.get("noun"), claim)


_ALIKE: dict[tuple[str, str], Callable[[Mapping[str, Any], Claim], bool]] = {
    **{(one, other): _described_alike for one in _DESCRIPTIVE for other in _DESCRIPTIVE},
    ("part", "relation"): _part_alike,
    ("relation", "part"): _part_alike,
    ("relation", "object"): _absent_alike,
    ("relation", "relation"): _contained_alike,
    ("count", "object"): _zero_alike,
    ("action", "relation"): _linked_alike,
    ("relation", "action"): _acted_alike,
    ("attribute", "wearing"): _dressed_alike,
    ("depth", "depth"): _surrounded_alike,
    ("relation", "depth"): _placed_alike,
    ("depth", "relation"): _placed_alike,
    ("relation", "wearing"): _placed_alike,
    ("wearing", "relation"): _placed_alike,
}
"""Kinds that say the same in two ways: that written by hand and that found, and how their words are compared."""


def same_noun(gold: str | None, claim: Claim) -> bool:
    """Return whether a noun written by hand is the noun of a claim."""
    return any(same_word(gold, name) for name in (claim.noun, claim.narrow) if name)


def same_word(gold: str | None, found: str | None) -> bool:
    """Return whether two nouns are the same after synonyms, number and modifiers.

    A word of no Korean list stays Korean. It stands for a translation that no list has, and is the same as that.
    """
    if gold is None or found is None:
        return gold == found
    if found[0] >= "가" and not found.isascii():
        return not gold.isascii() or gold.lower() not in _translations()
    return bool(_forms(gold) & _forms(found))


@lru_cache
def _translations() -> frozenset[str]:
    """Return the English words of the Korean noun lists."""
    return frozenset(noun.english for noun in lexicon().nouns.values())


def _forms(noun: str) -> set[str]:
    words = english()
    plain = noun.lower().replace("-", " ")
    forms = {plain, plain.split()[-1]}
    forms |= {one for form in forms if (one := wordnet().singular(form))} | {form.rstrip("s") for form in forms}
    return {words.canonical(form) for form in forms}


def _same_relation(gold: Mapping[str, Any], claim: Claim) -> bool:
    written, found = _relation(gold.get("relation") or ""), _relation(claim.relation or "")
    return written == found or (" " not in written and found.endswith(f" {written}"))


def _relation(text: str) -> str:
    if tuple(text.lower().split()) in PHRASES:
        text = PHRASES[tuple(text.lower().split())]
    plain = re.sub(r"\b(the|a|an)\b ?", "", text.lower().strip()).strip()
    plain = re.sub(r"^(?:at|on|to) (left|right) (?:hand )?side of$", r"\1 of", plain)
    canonical = (
        english().relations.get(text.lower().strip())
        or english().relations.get(plain)
        or PHRASES.get(tuple(plain.split()), plain)
    )
    head, _, rest = canonical.partition(" ")
    return _GROUPS.get(canonical) or (f"{lemma(head)} {rest}".strip() if head.endswith(("s", "ing")) else canonical)


def _colour(word: str) -> str:
    plain = word.lower()
    return english().colours.get(plain) or terms().colours.get(plain, plain)


def _value(gold: Mapping[str, Any]) -> str:
    return _canonical(gold["kind"], str(gold.get("value", "")))


def _canonical(kind: str, value: str) -> str:
    table = terms()
    plain = value.lower().strip().replace("_", " ")
    if kind == "action":
        return lemma(plain.split()[0]) if plain else ""
    if kind == "material":
        plain = plain.split()[-1]
    tables = {
        "size": table.sizes,
        "state": table.states,
        "material": table.materials,
        "pattern": table.patterns,
        "position": table.positions,
    }
    if kind == "scene":
        for each in (table.weather, table.times, table.settings):
            if plain in each:
                return each[plain]
        return plain.split()[-1] if plain else ""
    return tables[kind].get(plain, plain) if kind in tables else plain


def _mentions(claim: Claim, gold: Mapping[str, Any]) -> bool:
    """Return whether a claim states the presence that a gold object claim states."""
    if bool(gold.get("negated")) != claim.negated:
        return False
    return same_noun(gold["noun"], claim) or same_word(gold["noun"], claim.reference)


def _implies(gold: Mapping[str, Any], claim: Claim) -> bool:
    """Return whether a right claim implies another: the presence of its things, the colour of a garment, the place of a scene."""
    if claim.kind == "object":
        here = (
            same_noun(gold.get("noun"), claim)
            or same_word(gold.get("reference"), claim.noun)
            or same_word(gold.get("reference2"), claim.noun)
        )
        place = gold["kind"] == "scene" and same_word(gold.get("value"), claim.noun)
        asserted = not claim.negated and (not gold.get("negated") or gold["kind"] != "object")
        denied = claim.negated and bool(gold.get("negated"))
        return (here or place) and (asserted or denied)
    if claim.kind == "attribute" and gold.get("colour"):
        owner = gold.get("reference") if gold["kind"] == "wearing" else gold.get("noun")
        return same_noun(owner, claim) and _colour(gold["colour"]) == claim.colour
    if claim.kind == "scene" and claim.facet == "place":
        return same_word(gold.get("reference"), claim.value) or same_word(gold.get("noun"), claim.value)
    if claim.kind == "relation" and gold["kind"] == "scene":
        return same_word(str(gold.get("value")), claim.reference)
    return False


def _letters(text: str) -> str:
    return re.sub(r"\W+", "", text.lower())


def _named(gold: Mapping[str, Any]) -> str:
    return " ".join("NOT" if name == "negated" else str(value) for name, value in gold.items() if value is not None)


def shown(claim: Claim) -> str:
    """Return a claim as one line."""
    names = ("kind", "noun", "colour", "number", "at_least", "at_most", "relation", "value", "reference")
    words = [str(value) for name in names if (value := getattr(claim, name)) is not None]
    return " ".join([*words, *(["NOT"] if claim.negated else [])])

"""Denied statements of many forms: no claim has the wrong polarity, and few denials are lost."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.claims.vocabulary import english

SPLITTER = EnglishSplitter()
ROWS: list[dict[str, Any]] = [
    json.loads(line) for line in (Path(__file__).parent / "data" / "negations_en.jsonl").read_text("utf-8").splitlines()
]
"""A row names what its text denies and states: a noun, or ``KIND:WORD`` with the value, garment, part, colour or relation.

``relation:WORD:NOUN`` and ``action:WORD:NOUN`` name the reference, too.
"""
MENTIONED = ("object", "relation", "count", "attribute", "bound")


def word_of(claim: Claim) -> str:
    if claim.kind == "wearing":
        return claim.reference or ""
    if claim.kind in ("relation", "depth"):
        return claim.relation or ""
    return claim.colour or "" if claim.kind == "attribute" else claim.value or claim.noun or ""


def says(claim: Claim, what: str) -> bool:
    if what.count(":") == 2:
        kind, word, reference = what.split(":")
        return (claim.kind, word_of(claim), claim.reference) == (kind, word, reference)
    kind, _, word = what.rpartition(":")
    if kind == "text":
        return claim.kind == "text" and word in claim.text.lower()
    if kind:
        return claim.kind == kind and word_of(claim) == word
    noun = english().canonical(word)
    return claim.kind in MENTIONED and noun in (claim.noun, claim.reference, claim.narrow)


def polarities(text: str, what: str) -> set[bool]:
    return {claim.negated for claim in SPLITTER.split(text) if says(claim, what)}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["text"])
def test_nothing_denied_is_claimed(row):
    for what in row.get("denied", ()):
        assert False not in polarities(row["text"], what), (what, SPLITTER.split(row["text"]))
    for what in row.get("stated", ()):
        assert True not in polarities(row["text"], what), (what, SPLITTER.split(row["text"]))


def test_few_denials_are_lost():
    denials = [(row["text"], what) for row in ROWS for what in row.get("denied", ())]
    lost = [(text, what) for text, what in denials if not polarities(text, what)]
    assert len(denials) >= 150
    assert len(lost) <= 0.05 * len(denials), lost

"""What else a scene could be: other places, weathers and times (the data file is claims/words/alternatives.json)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache
from importlib.resources import files

from llamaindex_clipverify.claims.claim import Claim


@lru_cache
def alternatives() -> Mapping[str, tuple[str, ...]]:
    """Return the values of each facet of a scene: ``place``, ``weather``, ``time``."""
    path = files("llamaindex_clipverify.claims") / "words" / "alternatives.json"
    return {facet: tuple(values) for facet, values in json.loads(path.read_text(encoding="utf-8")).items()}


@lru_cache(4096)
def other_scenes(claim: Claim) -> list[Claim]:
    """Return a claim on a scene with the other values of its facet; those that share a word with it are left out."""
    own = set((claim.value or "").split())
    others = alternatives().get(claim.facet or "", ())
    return [claim.swap(value=value) for value in others if not own & set(value.split())]

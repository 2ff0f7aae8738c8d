"""What claims that nothing checked do to the trust of a whole answer: they are false as often as such claims usually are.

The rates are those of 1,380 atomic facts in 164 answers of vision models, judged by people: the annotation of FaithScore (Jing
et al. 2024, arXiv:2311.01477). Rates of kinds with few facts are drawn towards the mean with the weight of ten facts.
``python benchmarks/unchecked.py`` computes them again.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from llamaindex_clipverify.claims.claim import Kind

FALSE_RATES: Mapping[Kind, float] = {
    "object": 0.15,
    "attribute": 0.19,
    "count": 0.35,
    "bound": 0.2,
    "position": 0.31,
    "relation": 0.25,
    "depth": 0.25,
    "action": 0.27,
    "wearing": 0.21,
    "part": 0.23,
    "material": 0.15,
    "pattern": 0.15,
    "size": 0.08,
    "state": 0.24,
    "scene": 0.11,
    "comparison": 0.19,
    "text": 0.19,
    "other": 0.18,
}
"""Kind of claim to the share 0–1 of false claims in answers of vision models."""
DEPENDENCE = 0.46
"""Exponent of the product of the rates: 1 if the claims of an answer were independent, 0 if they were true or false together."""


def truth(kinds: Iterable[Kind], rates: Mapping[Kind, float] | None = None) -> float:
    """Return the probability 0–1 that all claims of some kinds are true, if nothing is known but their kinds; 1 for none.

    Args:
        kinds: The kind of each claim.
        rates: Rates of your own data; kinds that are missing have the rates of `FALSE_RATES`.
    """
    known = {**FALSE_RATES, **(rates or {})}
    return math.prod(1 - known[kind] for kind in kinds) ** DEPENDENCE


def all_true(trusts: Sequence[float]) -> float:
    """Return the probability 0–1 that several claims are all true, without a calibration of whole answers.

    It lies between the minimum of their trusts, right for fully dependent claims, and their product, right for independent ones:
    the minimum times the product of the others to the power of `DEPENDENCE`.

    Args:
        trusts: The trust 0–1 of each claim, at least one.
    """
    least, *others = sorted(trusts)
    return least * math.pow(math.prod(others), DEPENDENCE)

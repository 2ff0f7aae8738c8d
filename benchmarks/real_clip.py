"""Claims that a thing is in a photograph, with vectors of the real CLIP ViT-B/32: ``python benchmarks/real_clip.py --clip DIR``.

DIR holds photographs, published vectors of them and of nouns, and claims labelled by looking (see training/replayed.py). The
weights that are judged are those of the other photographs: each photograph is left out in turn. Because some nouns are asked
about in false claims only, claims are also compared within a noun: the share of pairs of a true and a false claim on the same
noun in which the true one is trusted more. Saves results/real_clip.json.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from measuring import save

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.claims.wording import noun_phrase
from llamaindex_clipverify.evaluation.calibration import Labelled
from llamaindex_clipverify.trust.fitting import Example, left_out
from llamaindex_clipverify.trust.metrics import auroc, ece, group_weights, interval
from llamaindex_clipverify.trust.verdict import Policy
from training.fit_photographs import NOT_REFUTED, PRESENCE, STANDING, looked_at, weighed
from training.replayed import Replayed


def within(nouns: Sequence[str], labels: Sequence[int], trusts: Sequence[float]) -> tuple[float, int]:
    """Return the share of pairs, true and false of one noun, that are in the right order, and their number; ties count half."""
    rows: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for noun, label, trust in zip(nouns, labels, trusts, strict=True):
        rows[noun].append((label, trust))
    right = pairs = 0.0
    for some in rows.values():
        for one, true in ((trust, other) for label, trust in some if label for no, other in some if not no):
            pairs += 1
            right += (one > true) + (one == true) / 2
    return right / max(pairs, 1), int(pairs)


def trusts_of(examples: Sequence[Example], beyond: Sequence[bool]) -> list[float | None]:
    """Return the trust in each claim by the weights of the other photographs, as the profile *photographs* weighs it.

    A noun that the detector has no class for (`beyond`) is weighed by the encoder alone, which contradicts nothing.
    """
    found = left_out(examples)
    alone = {place: one for place, one in enumerate(examples) if beyond[place] and STANDING in one.looks[0]}
    single = [replace(one, looks=({STANDING: one.looks[0][STANDING]},)) for one in alone.values()]
    for place, trust in zip(alone, left_out(single, NOT_REFUTED), strict=True):
        found[place] = trust
    return found


def figures(examples: Sequence[Example], claims: Sequence[Labelled], beyond: Sequence[bool]) -> dict[str, Any]:
    """Return the figures of trusts by weights of the other photographs; claims that nothing weighs count as undecided."""
    found = [0.5 if trust is None else trust for trust in trusts_of(examples, beyond)]
    trusts, labels = np.array(found), np.array([one.label for one in examples], float)
    verdicts = [Policy().verdict(trust) for trust in found]
    decided = np.array([verdict != "unverifiable" for verdict in verdicts])
    right = np.array([(verdict == "supported") == bool(label) for verdict, label in zip(verdicts, labels, strict=True)])
    nouns = [str(one.claim.narrow or one.claim.noun) for one in claims]
    pairs = within(nouns, [one.label for one in examples], found)
    weights = group_weights([one.group for one in examples], 200)
    return {
        "claims": len(examples),
        "within": round(pairs[0], 3),
        "pairs": pairs[1],
        "auroc": round(auroc(trusts, labels), 3),
        "auroc_interval": [round(end, 3) for end in interval([auroc(trusts, labels, one) for one in weights]) or ()],
        "ece": round(ece(trusts, labels), 3),
        "decided": round(float(decided.mean()), 3),
        "decided_rightly": round(float(right[decided].mean()), 3) if decided.any() else None,
    }


def main() -> None:
    """Look, leave out, print, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", type=Path, default=Path("../shared/real_clip"))
    parser.add_argument("--yolo", default="../shared/weights/yolov8n.pt")
    options = parser.parse_args()
    encoder = Replayed(options.clip)
    claims = [
        one for one in looked_at(options.clip) if encoder.knows(noun_phrase(one.claim.words, str(one.claim.noun)))
    ]
    both = Verifier.from_defaults(encoder, options.yolo, regions=0)
    beyond = [one.claim.noun not in both.detector.labels for one in claims]
    ways = {
        "raw cosine": ("similarity.cosine",),
        "encoder, common nouns": (STANDING,),
        "detector": (PRESENCE,),
        "both": (PRESENCE, STANDING),
    }
    found: dict[str, Any] = {}
    for name, features in ways.items():
        examples = [one for claim in claims for one in weighed(both, [claim], features) or [_blank(claim)]]
        found[name] = figures(examples, claims, beyond)
        print(name, found[name])
    save("real_clip", {"command": "python benchmarks/real_clip.py --clip DIR --yolo yolov8n.pt", "ways": found})


def _blank(claim: Labelled) -> Example:
    """Return a claim that no model can check."""
    return Example(kind="object", looks=({},), label=claim.label, group=claim.group)


if __name__ == "__main__":
    main()

"""Claims of human captions on their own and on another photograph: ``python benchmarks/captions.py --photos DIR --yolo FILE``.

DIR holds photographs NAME.jpg and captions.txt with several lines a photograph, ``NAME.jpg#0<tab>caption``: the form of Flickr8k
(Hodosh et al., "Framing image description as a ranking task", JAIR 2013), whose photographs its authors hand out. What people say
of a photograph is taken for true of it, and what they say of another one, but not of this one, for false. Both are so mostly, not
always: nobody says all that there is to see, so some *false* claims are true. So compare the two columns of a kind, and figures
before and after a change.

Thresholds of the checks of actions, places, colours and numbers of people were chosen on every other photograph by name (the
first, the third …), and which of these rules to keep with sums of both halves in view. The figures are those of the rest. No
encoder: a YOLO alone. Saves results/captions.json.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator
from pathlib import Path
from typing import Any

from measuring import save

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.facts.memory import DiskMemory
from llamaindex_clipverify.report.report import CheckedClaim

COMMAND = "python benchmarks/captions.py --photos DIR --yolo yolov8n.pt"


def captioned(folder: Path) -> dict[str, list[str]]:
    """Return the captions of each photograph in the folder."""
    captions: dict[str, list[str]] = defaultdict(list)
    for line in (folder / "captions.txt").read_text("utf-8").splitlines():
        name, _, caption = line.partition("\t")
        captions[name.partition("#")[0]].append(caption.strip())
    return {name: captions[name] for name in sorted(captions) if (folder / name).is_file()}


def judged(
    verifier: Verifier, folder: Path, names: list[str], captions: dict[str, list[str]]
) -> Iterator[tuple[bool, CheckedClaim]]:
    """Yield whether a claim is one on the own photograph, and the claim judged, for photographs in turn."""
    for name, other in zip(names, [*names[1:], names[0]], strict=True):
        picture = str(folder / name)
        own = [claim for caption in captions[name] for claim in verifier.verify(caption, [picture]).claims]
        said = {what(one.claim) for one in own}
        foreign = [claim for caption in captions[other] for claim in verifier.verify(caption, [picture]).claims]
        yield from ((True, one) for one in own)
        yield from ((False, one) for one in foreign if what(one.claim) not in said)


def what(claim: Claim) -> Hashable:
    """Return what a claim says, without its words."""
    return (
        claim.kind,
        claim.negated,
        claim.noun,
        claim.colour,
        claim.number,
        claim.relation,
        claim.reference,
        claim.value,
    )


def figures(claims: list[tuple[bool, CheckedClaim]]) -> dict[str, Any]:
    """Return numbers of verdicts, by whether the claims are true and by the verdict."""
    counted = Counter((label, one.verdict) for label, one in claims)
    return {
        key: {
            "claims": sum(count for (label, _), count in counted.items() if label == own),
            "supported": counted[own, "supported"],
            "contradicted": counted[own, "contradicted"],
        }
        for key, own in (("own", True), ("foreign", False))
    }


def main() -> None:
    """Verify, print, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--photos", type=Path, required=True)
    parser.add_argument("--yolo", required=True, help="a YOLO file")
    parser.add_argument(
        "--chosen", action="store_true", help="the photographs on which thresholds were chosen; saves nothing"
    )
    parser.add_argument("--memory", help="file that keeps what was seen")
    options = parser.parse_args()
    memory = DiskMemory(options.memory) if options.memory else None
    verifier = Verifier.from_defaults(detector=options.yolo, memory=memory)
    captions = captioned(options.photos)
    names = list(captions)[0 if options.chosen else 1 :: 2]
    claims: dict[str, list[tuple[bool, CheckedClaim]]] = defaultdict(list)
    for own, claim in judged(verifier, options.photos, names, captions):
        claims["all"].append((own, claim))
        claims[claim.claim.kind].append((own, claim))
    kinds = {kind: figures(claims[kind]) for kind in sorted(claims, key=lambda kind: -len(claims[kind]))}
    for kind, row in kinds.items():
        print(f"{kind:11}", *(f"{key} {row[key]}" for key in row))
    if not options.chosen:
        save("captions", {"command": COMMAND, "photographs": len(names), "kinds": kinds})


if __name__ == "__main__":
    main()

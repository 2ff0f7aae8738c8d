"""Verdicts on labelled claims and answers about photographs: ``python benchmarks/real_answers.py --folder DIR --yolo FILE``.

DIR holds photos/NNN.jpg and claims.jsonl, one row a claim: ``photo``, ``claim``, ``kind``, ``label`` (1 true, 0 false). Rows
of kind *answer* are answers of two or three sentences. Prints by kind how many are decided, how many of those rightly, how many
of the supported are false, and the share of claims that anything checks; saves results/real_answers.json. No encoder: a YOLO
alone.
"""

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from pathlib import Path
from typing import Any

from measuring import save

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.report.report import Report


def verified(verifier: Verifier, folder: Path) -> dict[str, list[tuple[bool, Report]]]:
    """Return label and report of each row, by kind."""
    found: dict[str, list[tuple[bool, Report]]] = defaultdict(list)
    for line in (folder / "claims.jsonl").read_text("utf-8").splitlines():
        row = json.loads(line)
        picture = next((folder / "photos").glob(f"{int(row['photo']):03d}*"))
        found[row["kind"]].append((bool(row["label"]), verifier.verify(row["claim"], [str(picture)])))
    return found


def figures(rows: list[tuple[bool, Report]], classes: frozenset[str | None]) -> dict[str, Any]:
    """Return the figures of one kind of row; `classes` are the detector's."""
    decided = [(label, report.verdict) for label, report in rows if report.verdict in ("supported", "contradicted")]
    right = sum(label == (said == "supported") for label, said in decided)
    supported = [label for label, verdict in decided if verdict == "supported"]
    contradicted = [label for label, verdict in decided if verdict == "contradicted"]
    claims = [claim for _, report in rows for claim in report.claims]
    unchecked = [claim for claim in claims if claim.trust is None]
    checked = sum(claim.verdict in ("supported", "contradicted") for claim in claims)
    return {
        "rows": len(rows),
        "decided": len(decided),
        "decided_rightly": round(right / max(len(decided), 1), 3),
        "supported": len(supported),
        "false_among_supported": len(supported) - sum(supported),
        "contradicted": len(contradicted),
        "true_among_contradicted": sum(contradicted),
        "partly_checked": sum(report.verdict == "partly_checked" for _, report in rows),
        "claims": len(claims),
        "claims_checked": round(checked / max(len(claims), 1), 3),
        "unchecked": len(unchecked),
        "unchecked_beyond_classes": sum(not {one.claim.noun, one.claim.reference} <= classes for one in unchecked),
    }


def main() -> None:
    """Verify, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--yolo", required=True, help="a YOLO file")
    options = parser.parse_args()
    verifier = Verifier.from_defaults(detector=options.yolo)
    classes = frozenset(getattr(verifier.detector, "labels", ()) or ()) | {None}
    kinds = {kind: figures(rows, classes) for kind, rows in verified(verifier, options.folder).items()}
    for kind, row in kinds.items():
        print(kind, row)
    save(
        "real_answers", {"command": "python benchmarks/real_answers.py --folder DIR --yolo yolov8n.pt", "kinds": kinds}
    )


if __name__ == "__main__":
    main()

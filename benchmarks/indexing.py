"""What indexing costs, and what it saves: ``python benchmarks/indexing.py [--only QUESTION] [--large]``; 15 minutes on one core.

``rows``: ingest beside the bare work it must do – decode, batched forwards of encoder and detector, write – each measured alone,
in one run; and beside LlamaIndex's stock path with the same weights, which embeds one whole picture at a time. Then an answer of
eight claims about four pictures: from the index with no phrase known, beside the text forward alone, beside looking at the
pictures anew; and about pictures that are not indexed, the first time and again. ``large``: the same with ViT-L/14.
``regions``: what more crops a picture cost and gain. Ratios travel between machines; seconds do not. Drawn scenes; encoders other
than the bundled one have random weights.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from looking import Looked, looked
from measuring import save_answer, side_by_side

from llamaindex_clipverify import Claim, EvidenceIndex, Picture, Verifier
from llamaindex_clipverify.evidence.checks_by_model import CHECKS_BY_MODEL
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.evidence.text_vectors import PROMPT, TextVectors
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.index.schema import Entry
from llamaindex_clipverify.models.clip import ClipEncoder
from llamaindex_clipverify.models.registry import tiny_folder
from llamaindex_clipverify.testing import FRESH, draw_scene
from llamaindex_clipverify.trust.fitting import fit_kinds, trust_of
from llamaindex_clipverify.trust.metrics import auroc, group_weights, interval
from training.fit_profile import FIRST, blank

ANSWER = (
    "There is a red car. There is a dog. There are two cups. The bus is blue. There is a clock. There is no horse. "
    "A banana. There is a cat."
)
_ROUNDS = 15
_BUDGETS = (0, 4, 8, 16)
_SMALL = 0.02


def timed(task: Callable[[], object]) -> float:
    started = time.perf_counter()
    task()
    return time.perf_counter() - started


def ingest(encoder: ClipEncoder, files: list[Path], work: Path) -> dict[str, Any]:
    """Return seconds of ingest and of its parts alone."""
    index = EvidenceIndex(work / "one", encoder, "tiny")
    index.add(files[:2])
    whole = timed(lambda: index.add(files[2:]))
    pictures = [Picture.of(path) for path in files[2:]]
    parts = {"decode": timed(lambda: [(picture.id, picture.image) for picture in pictures])}
    verifier = Verifier.from_defaults(encoder, "tiny", remember=10**6)
    verifier.facts([Picture.of(files[0])])
    facts: list[Facts] = []
    parts["look"] = timed(lambda: facts.extend(verifier.facts(pictures)))
    again = [Picture.of(path) for path in files[2:]]
    views = [picture.image for picture in again]
    for picture, one in zip(again, facts, strict=True):
        views += [picture.crop(tuple(map(float, box))) for box in one.seen["regions"]["boxes"]]  # type: ignore[arg-type]
    detector = index.verifier.detector
    assert detector is not None
    parts["forwards"] = timed(lambda: (detector.detect(again), encoder.encode_images(views)))
    other = EvidenceIndex(work / "two", encoder, "tiny")
    rows = [(Entry(picture=picture), one) for picture, one in zip(pictures, facts, strict=True)]
    parts["write"] = timed(
        lambda: [other.records.write(rows[start : start + 32], {}) for start in range(0, len(rows), 32)]
    )
    stock = timed(lambda: _stock(encoder, files[2:]))
    alone = parts["decode"] + parts["forwards"] + parts["write"]
    return {
        "pictures": len(pictures), "ingest_s": whole, "parts_s": parts, "stock_s": stock,
        "forwards_per_ingest": parts["forwards"] / whole, "parts_per_ingest": alone / whole,
        "ingest_per_stock": whole / stock, "views": len(views) / len(pictures),
    }  # fmt: skip


def _stock(encoder: ClipEncoder, files: list[Path]) -> None:
    """LlamaIndex's multimodal index, as it stands: it embeds picture by picture when the batch is one."""
    from llama_index.core.indices import MultiModalVectorStoreIndex
    from llama_index.core.schema import ImageNode

    from llamaindex_clipverify.llama_index import ClipVerifyEmbedding

    embedding = ClipVerifyEmbedding(encoder, embed_batch_size=1)
    nodes = [ImageNode(image_path=str(path), metadata={"place": place}) for place, path in enumerate(files)]
    MultiModalVectorStoreIndex(nodes, embed_model=embedding, image_embed_model=embedding)


def verify(encoder: ClipEncoder, files: list[Path], work: Path) -> dict[str, Any]:
    """Return milliseconds of an answer about four indexed pictures, of its text forward, and of looking anew."""
    index = EvidenceIndex.from_documents(files[:4], work / "three", encoder, "tiny")
    pictures = [hit.picture for hit in index.hits()]
    index.verifier.verify(ANSWER, pictures)
    claims = [claim for claim in index.verifier.splitter.split(ANSWER) if claim.noun]
    checks = [check for check in index.verifier.checks if hasattr(check, "phrases")]
    phrases = list(dict.fromkeys(phrase for claim in claims for check in checks for phrase in check.phrases(claim)))
    times: dict[str, list[float]] = {
        name: [] for name in ("from the store, no phrase known", "indexed, no phrase known", "text forward", "indexed")
    }
    for _ in range(_ROUNDS):
        _forget_texts(index.verifier)
        index.verifier._facts.clear()
        times["from the store, no phrase known"].append(timed(lambda: index.verifier.verify(ANSWER, pictures)))
        _forget_texts(index.verifier)
        times["indexed, no phrase known"].append(timed(lambda: index.verifier.verify(ANSWER, pictures)))
        times["text forward"].append(timed(lambda: encoder.encode_texts([PROMPT.format(one) for one in phrases])))
        times["indexed"].append(timed(lambda: index.verifier.verify(ANSWER, pictures)))
    fresh = Verifier.from_defaults(encoder, "tiny", remember=0)
    times["anew"] = [timed(lambda: fresh.verify(ANSWER, [Picture.of(path) for path in files[:4]])) for _ in range(2)]
    ms = {name: 1000 * sorted(some)[len(some) // 2] for name, some in times.items()}
    return {
        "claims": len(claims), "phrases": len(phrases), "ms": ms,
        "above_text_forward_ms": ms["indexed, no phrase known"] - ms["text forward"],
        "from_the_store_above_ms": ms["from the store, no phrase known"] - ms["text forward"],
        "per_text_forward": ms["from the store, no phrase known"] / ms["text forward"],
        "anew_per_indexed": ms["anew"] / ms["indexed"],
    }  # fmt: skip


def foreign(encoder: ClipEncoder, files: list[Path], work: Path) -> dict[str, Any]:
    """Return the seconds of an answer about four pictures that are not indexed: the first, again, and again from the disk."""
    index = EvidenceIndex.from_documents(files[:4], work / "four", encoder, "tiny")
    pictures = [Picture.of(path) for path in files[4:8]]
    index.verifier.verify(ANSWER, [hit.picture for hit in index.hits()])
    first = timed(lambda: index.verifier.verify(ANSWER, pictures))
    again = sorted(timed(lambda: index.verifier.verify(ANSWER, pictures)) for _ in range(_ROUNDS))[_ROUNDS // 2]
    opened = EvidenceIndex.open(work / "four", encoder, "tiny")
    opened.verifier.verify("There is a dog.", [next(opened.hits()).picture])
    disk = timed(lambda: opened.verifier.verify(ANSWER, [Picture.of(path) for path in files[4:8]]))
    return {"first_s": first, "again_s": again, "again_from_disk_s": disk, "first_per_again": first / again}


class Fewer:
    """A verifier's eyes with a smaller region budget, from what was seen with the largest."""

    def __init__(self, verifier: Verifier, budget: int) -> None:
        self.verifier, self.budget = verifier, budget

    def facts(self, pictures: Sequence[Picture]) -> list[Facts]:
        return [self._fewer(one) for one in self.verifier.facts(pictures)]

    def _fewer(self, facts: Facts) -> Facts:
        seen = {name: one for name, one in facts.seen.items() if name != "regions"}
        own = facts.seen["regions"]
        boxes = [place for place, label in enumerate(own["labels"]) if label][: max(self.budget - 4, 1)]
        tiles = [place for place, label in enumerate(own["labels"]) if not label]
        keep = [*boxes, *tiles][: self.budget]
        if keep:
            labels = [own["labels"][place] for place in keep]
            seen["regions"] = {"boxes": own["boxes"][keep], "vectors": own["vectors"][keep], "labels": labels}
        return replace(facts, seen=seen)

    def evidence(self, claim: Claim, facts: Facts) -> list[Evidence]:
        return self.verifier.evidence(claim, facts)


def budgets(fit: int, scenes: int) -> dict[str, Any]:
    """Return, for each region budget, milliseconds a picture and the AUROC of trust that was fitted with it."""
    eyes = Verifier.from_defaults("tiny", "tiny", profile=blank(), remember=10**6, regions=max(_BUDGETS))
    rows: dict[str, Any] = {}
    pictures = [draw_scene(FRESH + 660_000 + number).image for number in range(16)]
    verifiers = {
        str(budget): Verifier.from_defaults("tiny", "tiny", profile=blank(), remember=0, regions=budget)
        for budget in _BUDGETS
    }
    tasks = {name: lambda one=one: one.facts(list(map(Picture.of, pictures))) for name, one in verifiers.items()}
    times = side_by_side(tasks, rounds=3)
    for budget in _BUDGETS:
        fewer: Any = Fewer(eyes, budget)
        learnt = list(looked(range(FIRST, FIRST + fit), verifier=fewer))
        test = list(looked(range(FRESH + 670_000, FRESH + 670_000 + scenes), verifier=fewer))
        rows[str(budget)] = {
            "ms": round(1000 * times[str(budget)] / len(pictures), 1),
            "both": _measured(learnt, test, tuple(CHECKS_BY_MODEL["encoder"]) + tuple(CHECKS_BY_MODEL["detector"])),
            "encoder alone": _measured(learnt, test, tuple(CHECKS_BY_MODEL["encoder"])),
        }
        print(budget, rows[str(budget)], flush=True)
    return {"fit": fit, "scenes": scenes, "budgets": rows}


def _measured(learnt: list[Looked], test: list[Looked], checks: tuple[str, ...]) -> dict[str, Any]:
    """Return the AUROC by kind of trust fitted on the numbers of these checks alone."""

    def kept(row: Looked) -> Looked:
        looks = tuple(
            {name: value for name, value in look.items() if name.split(".")[0] in checks} for look in row.example.looks
        )
        return replace(row, example=replace(row.example, looks=looks))

    models = fit_kinds([one.example for row in learnt if any((one := kept(row)).example.looks)])
    tested = [kept(row) for row in test if not row.example.negated]
    some = {kind: [row for row in tested if row.example.kind == kind] for kind in ("object", "attribute")}
    some["small object"] = [row for row in some["object"] if row.share <= _SMALL]
    return {name: _scored(claims, models) for name, claims in some.items()}


def _scored(rows: list[Looked], models: Any) -> dict[str, Any]:
    trusts = np.array([trust_of(models[row.example.kind], row.example) for row in rows])
    labels = np.array([row.label for row in rows], float)
    ends = interval([auroc(trusts, labels, one) for one in group_weights([row.example.group for row in rows], 300)])
    found = {"claims": len(rows), "auroc": round(auroc(trusts, labels), 4)}
    return found | ({"interval": [round(end, 4) for end in ends]} if ends else {})


def _forget_texts(verifier: Verifier) -> None:
    """Empty the tables of phrases, on disk too."""
    for table in {id(check.texts): check.texts for check in verifier.checks if hasattr(check, "texts")}.values():
        assert isinstance(table, TextVectors)
        table._vectors.clear()
        table._stacks.clear()
        table.disk = None


def rows_of(names: Sequence[str], pictures: int) -> dict[str, Any]:
    """Return ingest, verification and foreign pictures of some encoders; fewer pictures for the larger."""
    from checkpoints import save_clip

    rows: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        files = []
        for number in range(pictures):
            files.append(folder / f"{number:04}.png")
            draw_scene(FRESH + 650_000 + number).image.save(files[-1])
        for name in names:
            weights = tiny_folder() / "clip" if name == "tiny" else save_clip(name, folder / name.replace("/", ""))
            encoder = ClipEncoder(str(weights))
            some = files if name == "tiny" else files[: max(pictures // (10 if name == "B/32" else 25), 8)]
            label = name if name == "tiny" else f"ViT-{name}, random weights"
            work = folder / f"work-{name.replace('/', '')}"
            rows[label] = {part.__name__: part(encoder, some, work) for part in (ingest, verify, foreign)}
            print(label, rows[label], flush=True)
    return rows


def main() -> None:
    """Ask what is asked for, and save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=200, help="for the bundled encoder; some for the others")
    parser.add_argument("--fit", type=int, default=600, help="scenes that trust is fitted on for each region budget")
    parser.add_argument("--scenes", type=int, default=800, help="scenes measured for each region budget")
    parser.add_argument("--large", action="store_true", help="ViT-L/14 too: minutes, and 4 GB of memory")
    parser.add_argument("--only", choices=("rows", "large", "regions"), help="one question alone")
    options = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    questions: dict[str, Callable[[], dict[str, Any]]] = {
        "rows": lambda: rows_of(("tiny", "B/32"), options.pictures),
        "large": lambda: rows_of(("L/14",), options.pictures),
        "regions": lambda: budgets(options.fit, options.scenes),
    }
    asked = [options.only] if options.only else [name for name in questions if name != "large" or options.large]
    for name in asked:
        save_answer("indexing", name, questions[name](), command="python benchmarks/indexing.py --large")


if __name__ == "__main__":
    main()

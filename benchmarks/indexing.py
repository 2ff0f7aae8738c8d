"""What indexing costs, and what it saves: ``python benchmarks/indexing.py [--large]``; ten minutes on one core.

Ingest beside the bare work it must do – decode, batched forwards of encoder and detector, write – each measured alone, in one
run; and beside LlamaIndex's stock path with the same weights, which embeds one whole picture at a time. Then an answer of eight
claims about four pictures: from the index with no phrase known, beside the text forward alone, beside looking at the pictures
anew. Ratios travel between machines; seconds do not. Drawn scenes; encoders other than the bundled one have random weights.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measuring import save

from llamaindex_clipverify import EvidenceIndex, Picture, Verifier
from llamaindex_clipverify.facts import Facts
from llamaindex_clipverify.models.clip import ClipEncoder
from llamaindex_clipverify.models.table import TINY
from llamaindex_clipverify.records import Entry
from llamaindex_clipverify.testing import FRESH, draw_scene
from llamaindex_clipverify.text_vectors import PROMPT, TextVectors

ANSWER = (
    "There is a red car. There is a dog. There are two cups. The bus is blue. There is a clock. There is no horse. "
    "A banana. There is a cat."
)
_ROUNDS = 5


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
    rows = [(Entry(picture), one) for picture, one in zip(pictures, facts, strict=True)]
    parts["write"] = timed(lambda: [other.write(rows[start : start + 32], {}) for start in range(0, len(rows), 32)])
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
        name: [] for name in ("indexed, no phrase known", "text forward", "indexed", "anew")
    }
    for _ in range(_ROUNDS):
        _forget_texts(index.verifier)
        index.verifier._facts.clear()
        times["indexed, no phrase known"].append(timed(lambda: index.verifier.verify(ANSWER, pictures)))
        times["text forward"].append(timed(lambda: encoder.encode_texts([PROMPT.format(one) for one in phrases])))
        index.verifier._facts.clear()
        times["indexed"].append(timed(lambda: index.verifier.verify(ANSWER, pictures)))
    fresh = Verifier.from_defaults(encoder, "tiny", remember=0)
    times["anew"] = [timed(lambda: fresh.verify(ANSWER, [Picture.of(path) for path in files[:4]])) for _ in range(2)]
    ms = {name: 1000 * sorted(some)[len(some) // 2] for name, some in times.items()}
    return {
        "claims": len(claims), "phrases": len(phrases), "ms": ms,
        "above_text_forward_ms": ms["indexed, no phrase known"] - ms["text forward"],
        "per_text_forward": ms["indexed, no phrase known"] / ms["text forward"],
        "anew_per_indexed": ms["anew"] / ms["indexed"],
    }  # fmt: skip


def _forget_texts(verifier: Verifier) -> None:
    """Empty the tables of phrases, on disk too."""
    for table in {id(check.texts): check.texts for check in verifier.checks if hasattr(check, "texts")}.values():
        assert isinstance(table, TextVectors)
        table._table.clear()
        table._stacks.clear()
        table.shelf = None


def main() -> None:
    """Measure the encoders in turn."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--pictures", type=int, default=200, help="for the bundled encoder; a tenth of them for the others"
    )
    parser.add_argument("--large", action="store_true", help="ViT-L/14 too: minutes, and 2 GB of memory")
    options = parser.parse_args()
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
    from checkpoints import save_clip

    rows: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        files = []
        for number in range(options.pictures):
            files.append(folder / f"{number:04}.png")
            draw_scene(FRESH + 650_000 + number).image.save(files[-1])
        for name in ("tiny", "B/32", *(["L/14"] if options.large else [])):
            weights = TINY / "clip" if name == "tiny" else save_clip(name, folder / name.replace("/", ""))
            encoder = ClipEncoder(str(weights))
            some = files if name == "tiny" else files[: max(options.pictures // (10 if name == "B/32" else 25), 6)]
            label = name if name == "tiny" else f"ViT-{name}, random weights"
            work = folder / f"work-{name.replace('/', '')}"
            rows[label] = {"ingest": ingest(encoder, some, work), "verify": verify(encoder, some, work)}
            print(label, rows[label], flush=True)
    command = "python benchmarks/indexing.py" + (" --large" if options.large else "")
    save("indexing", {"command": command, "rows": rows})


if __name__ == "__main__":
    main()

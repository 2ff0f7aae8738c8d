"""Trust in claims on written words, on fresh drawn documents: ``python benchmarks/documents.py``; twenty minutes on two cores.

Receipts, tables, slides and signs, each clean, turned by 3–7 degrees, and as JPEG of quality 25–40; half of the claims carry a
wrong value, mostly another one of the same document. ``--fit`` prints instead how often a claim is true in each case that the
check tells apart, on other documents: that is where `evidence.written_text.BELIEF` comes from. ``--photos FOLDER`` adds how many
true claims on photographs the reader turns to contradicted. Figures on documents are on drawn ones.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from measuring import save
from PIL import Image

from llamaindex_clipverify import Picture, Verifier
from llamaindex_clipverify.evaluation.evaluation import Row, evaluate, read_rows
from llamaindex_clipverify.evidence.written_text import WrittenText, case_of
from llamaindex_clipverify.models.registry import load_reader, tiny_folder
from llamaindex_clipverify.testing import FRESH
from llamaindex_clipverify.testing.documents import Document, compressed, draw_document, rotated

SEEN: dict[str, tuple[tuple[str, int], ...]] = {
    "000000058636": (('The sign says "GLADYS".', 1), ('A sign says "PARKING".', 1), ('The sign says "GRACE".', 0)),
    "000000001296": (('The phone says "HELLO KITTY".', 1), ('It says "HELLO".', 1), ('The phone says "GOODBYE".', 0)),
    "000000252332": (('The sign says "STOP".', 1), ('The sign says "YIELD".', 0)),
    "000000012120": (('A banner reads "mirvac".', 1), ('It says "LEXUS".', 1), ('A banner reads "ROLEX".', 0)),
    "000000194724": (('The bottle says "Coca-Cola".', 1), ('The bottle says "Pepsi".', 0)),
    "000000215778": (('The laptop says "DELL".', 1), ('The laptop says "ACER".', 0)),
    "000000303818": (("The bus is number 110.", 1), ("The bus is number 120.", 0)),
    "000000553664": (
        ('The poster says "Learn Anywhere".', 1),
        ('It says "incase".', 1),
        ('It says "Work Anywhere".', 0),
    ),
    "000000577932": (('The sign says "DOT CAFE".', 1), ('It says "INTERNET".', 1), ('The sign says "BOOKS".', 0)),
    "000000160012": (('The bottle says "ZULIA".', 1), ('The bottle says "CORONA".', 0)),
}
"""What a person reads on some of the photographs, and what is not there; some of it is small, or half hidden. That absence is
told only on pictures of writing (`evidence.lines.whole`) was learnt from these: the figure is no test of that rule."""
CONDITIONS = ("clean", "rotated", "jpeg")


def shown(document: Document, condition: str) -> Image.Image:
    """Return the document as a condition leaves it."""
    rng = np.random.default_rng(document.seed)
    turn, quality = float(rng.uniform(3, 7) * rng.choice([-1, 1])), int(rng.integers(25, 41))
    if condition == "rotated":
        return rotated(document.image, turn)
    return compressed(document.image, quality) if condition == "jpeg" else document.image


def measure(condition: str, number: int, seed: int) -> dict[str, Any]:
    """Return the figures of one condition."""
    verifier = Verifier.from_defaults(reader="rapidocr")
    documents = [draw_document(seed + place) for place in range(number)]
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        rows = []
        for document in documents:
            name = f"{document.seed}.png"
            shown(document, condition).save(Path(folder) / name)
            rows += [
                Row(
                    images=(name,),
                    claim=str(one["claim"]),
                    label=int(one["label"]),
                    kind=document.kind,
                    group=name,
                    folder=Path(folder),
                )
                for one in document.claims
            ]
        done = evaluate(verifier, rows)
    seconds = (time.perf_counter() - started) / number
    true = [one for one in done.rows if one.row.label]
    contradicted = sum(one.verdict == "contradicted" for one in true) / len(true)
    print(
        f"{condition}\n{done.table()}\ntrue and contradicted {contradicted:.1%}; {seconds:.1f} s a document", flush=True
    )
    return {**done.to_dict(), "true_contradicted": round(contradicted, 4), "seconds_a_document": round(seconds, 2)}


def fit(number: int) -> None:
    """Print how often a claim is true in each case, all conditions together."""
    reader = load_reader("rapidocr")
    assert reader is not None
    verifier = Verifier.from_defaults(reader=reader)
    check, counts = WrittenText(reader), Counter[tuple[str | None, int]]()
    for seed in range(number):
        document = draw_document(seed)
        for condition in CONDITIONS:
            (facts,) = verifier.facts([Picture.of(shown(document, condition))])
            for row in document.claims:
                claims = [one for one in verifier.splitter.split(str(row["claim"])) if one.kind == "text"]
                assert check.judge(claims[0], facts) is not None
                counts[case_of(claims[0], facts), int(row["label"])] += 1
    for case in dict.fromkeys(case for case, _ in counts):
        true, false = counts[case, 1], counts[case, 0]
        print(f"{case or 'silent'}: {true} true, {false} false, share {(true + 1) / (true + false + 2):.3f}")


def on_photographs(folder: Path, yolo: Path) -> dict[str, Any]:
    """Return how many true claims are contradicted with the reader that were not without it, and all changes of verdict."""
    plain = Verifier.from_defaults(encoder=str(tiny_folder() / "clip"), detector=str(yolo))
    reading = Verifier.from_defaults(plain.encoder, plain.detector, reader="rapidocr")
    rows = [row for name in ("object_claims", "caption_claims") for row in read_rows(folder / f"{name}.jsonl")]
    before, after = (evaluate(verifier, rows, bootstrap=0).rows for verifier in (plain, reading))
    pairs = [(one, two) for one, two in zip(before, after, strict=True) if one.row.label]
    turned = sum(two.verdict == "contradicted" != one.verdict for one, two in pairs)
    said = Counter[str]()
    for name, told in SEEN.items():
        for sentence, label in told:
            claims = reading.verify(sentence, [folder / "images" / f"{name}.jpg"]).claims
            verdict = next(one.verdict for one in claims if one.claim.kind == "text")
            said[f"{'true' if label else 'false'}, {verdict}"] += 1
    written = reading.facts(sorted({path for row in rows for path in row.paths}))
    return {
        "claims": len(rows),
        "true": len(pairs),
        "turned_to_contradicted": turned,
        "share": round(turned / len(pairs), 4),
        "verdicts_changed": sum(one.verdict != two.verdict for one, two in zip(before, after, strict=True)),
        "words_a_person_reads": dict(sorted(said.items())),
        "pictures": len(written),
        "pictures_with_words": sum(bool(one.seen["written_text"]["lines"]) for one in written),
    }


def main() -> None:
    """Draw, verify, measure, save."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=300)
    parser.add_argument("--jobs", type=int, default=2, help="processes")
    parser.add_argument(
        "--fit", action="store_true", help="print the shares of true claims by case, on other documents"
    )
    parser.add_argument(
        "--photos", type=Path, help="folder of photographs with object_claims.jsonl and caption_claims.jsonl"
    )
    parser.add_argument("--yolo", type=Path, default=Path("../shared/weights/yolov8n.pt"))
    options = parser.parse_args()
    if options.fit:
        fit(options.documents)
        return
    figures: dict[str, Any] = {
        "command": f"python benchmarks/documents.py --documents {options.documents}",
        "data": f"claims on {options.documents} drawn documents",
    }
    with ProcessPoolExecutor(options.jobs, mp_context=get_context("spawn")) as pool:
        tasks = {name: pool.submit(measure, name, options.documents, FRESH + 200_000) for name in CONDITIONS}
        figures["conditions"] = {name: task.result() for name, task in tasks.items()}
    if options.photos:
        figures["photographs"] = on_photographs(options.photos, options.yolo)
        print(figures["photographs"])
    save("documents", figures)


if __name__ == "__main__":
    main()

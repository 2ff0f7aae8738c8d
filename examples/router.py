"""A router between two engines, one line changed: whichever answers, its report comes with it."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from llama_index.core.query_engine import RouterQueryEngine
from llama_index.core.selectors import EmbeddingSingleSelector
from llama_index.core.tools import QueryEngineTool

from llamaindex_clipverify import EvidenceIndex
from llamaindex_clipverify.llama_index import ClipVerifyEmbedding, ClipVerifyQueryEngine, get_report, load_llm
from llamaindex_clipverify.testing import FRESH, draw_scene

with TemporaryDirectory() as folder:
    llm = load_llm("tiny")
    tools, indexes = [], []
    for place, noun in enumerate(("cup", "clock")):
        pictures = Path(folder) / noun
        pictures.mkdir()
        for number in range(4):
            draw_scene(FRESH + 10 * place + number, objects=(1, 3)).image.save(pictures / f"{number}.png")
        indexes.append(EvidenceIndex.from_documents([pictures], f"{folder}/{noun}-store", "tiny", "tiny"))
        engine = indexes[-1].as_query_engine(llm, similarity_top_k=1)
        tools.append(QueryEngineTool.from_defaults(engine, name=noun, description=f"a picture of a {noun}"))
    selector = EmbeddingSingleSelector.from_defaults(embed_model=ClipVerifyEmbedding("tiny"))
    router = RouterQueryEngine(selector, tools, llm=llm)

    folders = [one for index in indexes for one in index.folders()]
    verified = ClipVerifyQueryEngine(router, indexes[0].verifier, folders=folders)  # the one line
    print(get_report(verified.query("What colour is the clock?")))

"""The whole way on one machine: index pictures, ask, let a local LLaVA answer, see which words the pictures do not support."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from llamaindex_clipverify import EvidenceIndex
from llamaindex_clipverify.llama_index import get_report
from llamaindex_clipverify.testing import FRESH, draw_scene

with TemporaryDirectory() as folder:
    pictures = Path(folder) / "pictures"
    pictures.mkdir()
    for place in range(8):
        draw_scene(FRESH + place, objects=(1, 3)).image.save(pictures / f"{place}.png")

    # on photographs: encoder="openai/clip-vit-base-patch32", detector="yolov8n.pt", llm="local:llava-hf/llava-1.5-7b-hf"
    index = EvidenceIndex.from_documents([pictures], store=f"{folder}/store", encoder="tiny", detector="tiny")
    engine = index.as_query_engine(llm="tiny", similarity_top_k=2, on_doubt="annotate")

    response = engine.query("What colour is the cup?")
    print(get_report(response))
    print(response)

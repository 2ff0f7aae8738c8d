"""Ask a vision model behind any OpenAI-compatible server about pictures, and verify its answer.

For example ``pip install 'transformers[serving]'``, ``transformers serve llava-hf/llava-1.5-7b-hf``, and then
``python examples/ask_server.py http://localhost:8000 llava-hf/llava-1.5-7b-hf``.
"""

from __future__ import annotations

import sys
from tempfile import TemporaryDirectory

from llamaindex_clipverify import EvidenceIndex
from llamaindex_clipverify.llama_index import get_report
from llamaindex_clipverify.testing import FRESH, draw_scene


def main(url: str, model: str) -> None:
    with TemporaryDirectory() as store:
        index = EvidenceIndex.from_documents([draw_scene(FRESH).image], store, encoder="tiny", detector="tiny")
        response = index.as_query_engine(f"openai:{model}@{url}").query("What is in the picture?")
        print(get_report(response))
    print(response)


if len(sys.argv) == 3 and sys.argv[1].startswith("http"):
    main(*sys.argv[1:])
else:
    print("needs a server: python examples/ask_server.py URL MODEL")

"""Ask a vision model of Together about pictures, and verify its answer. Needs a key: TOGETHER_API_KEY.

``python examples/ask_together.py MODEL``; Together's list of models says which of them see pictures.
"""

from __future__ import annotations

import os
import sys
from tempfile import TemporaryDirectory

from llamaindex_clipverify import EvidenceIndex
from llamaindex_clipverify.llama_index import TogetherVisionLLM, get_report
from llamaindex_clipverify.testing import FRESH, draw_scene


def main(model: str) -> None:
    llm = TogetherVisionLLM(model=model, extra={"reasoning": {"enabled": False}})
    with TemporaryDirectory() as store:
        index = EvidenceIndex.from_documents([draw_scene(FRESH).image], store, encoder="tiny", detector="tiny")
        response = index.as_query_engine(llm).query("What is in the picture?")
        print(get_report(response))
    print(response)
    print(f"{llm.usage.prompt_tokens} tokens read, {llm.usage.completion_tokens} said")


if not os.environ.get("TOGETHER_API_KEY"):
    print("needs a key: set TOGETHER_API_KEY")
elif len(sys.argv) != 2:
    print("needs a model: python examples/ask_together.py MODEL")
else:
    main(sys.argv[1])

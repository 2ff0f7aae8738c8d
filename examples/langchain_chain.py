"""A LangChain chain with one more step: the report lies beside the answer."""

from __future__ import annotations

from tempfile import TemporaryDirectory
from typing import Any

from langchain_core.runnables import RunnableLambda, RunnablePassthrough

from llamaindex_clipverify import EvidenceIndex, Report
from llamaindex_clipverify.integrations.langchain import ClipVerifyRetriever, as_runnable
from llamaindex_clipverify.testing import FRESH, draw_scene


def model(given: dict[str, Any]) -> str:
    """Answer: your chat model goes here; it finds the pictures' paths in ``given["context"]``."""
    return "There is a cup. There is a pizza."


with TemporaryDirectory() as folder:
    draw_scene(FRESH).image.save(f"{folder}/scene.png")
    index = EvidenceIndex.from_documents([f"{folder}/scene.png"], f"{folder}/store", encoder="tiny", detector="tiny")
    retriever = ClipVerifyRetriever(index=index, top_k=2)
    chain = (
        RunnablePassthrough.assign(context=RunnableLambda(lambda given: given["input"]) | retriever)
        | RunnablePassthrough.assign(answer=RunnableLambda(model))
        | as_runnable(index.verifier, folders=[folder])
    )
    out = chain.invoke({"input": "What is on the table?"})
    print(Report.from_dict(out["clipverify"]))

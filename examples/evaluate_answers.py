"""Evaluators in LlamaIndex's batch runner, as in a nightly job: are the answers supported, and did retrieval fit the question?"""

from __future__ import annotations

import asyncio
from tempfile import TemporaryDirectory
from typing import Any

from llama_index.core.base.response.schema import Response
from llama_index.core.evaluation import BatchEvalRunner
from llama_index.core.schema import ImageNode, NodeWithScore

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.llama_index import ClipVerifyEvaluator, ClipVerifyRelevancyEvaluator
from llamaindex_clipverify.report.format import number
from llamaindex_clipverify.testing import FRESH, draw_scene

QUESTIONS = ("Is there a zebra?", "Is there a zebra?", "Where is the pizza?")
ANSWERS = ("There is a zebra.", "There is a zebra beside a pizza.", "There is a yellow cup.")

with TemporaryDirectory() as folder:
    draw_scene(FRESH).image.save(f"{folder}/scene.png")
    nodes = [NodeWithScore(node=ImageNode(image_path=f"{folder}/scene.png"))]
    verifier = Verifier.tiny()
    evaluators: dict[str, Any] = {
        "supported": ClipVerifyEvaluator(verifier, folders=[folder]),
        "relevant": ClipVerifyRelevancyEvaluator(verifier, folders=[folder]),
    }
    responses = [Response(answer, nodes) for answer in ANSWERS]
    results = asyncio.run(BatchEvalRunner(evaluators).aevaluate_responses(list(QUESTIONS), responses))
    for question, answer, supported, relevant in zip(QUESTIONS, ANSWERS, *results.values(), strict=True):
        print(f"trust {number(supported.score)}, relevancy {number(relevant.score)}: {question} {answer}")
        print(f"    {supported.feedback} {relevant.feedback}")

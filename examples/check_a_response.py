"""Verify a LlamaIndex response on the pictures of its own nodes, and fail like a test when it is not supported."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from llama_index.core.base.response.schema import Response
from llama_index.core.schema import ImageNode, NodeWithScore

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.llama_index import ClipVerifyEvaluator, get_report, verify_response
from llamaindex_clipverify.testing import FRESH, draw_scene

with TemporaryDirectory() as folder:
    path = Path(folder) / "scene.png"
    draw_scene(FRESH).image.save(path)
    nodes = [NodeWithScore(node=ImageNode(image_path=str(path)), score=0.8)]
    response = Response("There is a zebra and a red clock.", source_nodes=nodes)  # what a query engine returns

    verifier = Verifier.tiny()
    verify_response(verifier, response, folders=[folder])
    print(get_report(response))

    result = ClipVerifyEvaluator(verifier, folders=[folder]).evaluate_response(response=response)
    print("passes" if result.passing else f"fails: {result.feedback}")

"""The workflow API of LlamaIndex: the step inside another workflow, the workflow alone, and the guardrail."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from llama_index.core.base.response.schema import Response
from llama_index.core.schema import ImageNode, NodeWithScore
from llama_index.core.workflow import StartEvent, StopEvent, Workflow, step

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.llama_index import (
    ClipVerifyStep,
    ClipVerifyWorkflow,
    ToVerifyEvent,
    VerifiedEvent,
    guardrail,
)
from llamaindex_clipverify.llama_index.verification import ABSTAINED, Verification
from llamaindex_clipverify.node_pictures import Access
from llamaindex_clipverify.testing import FRESH, draw_scene

_ANSWER = "There is a cup in the picture. There is a giraffe."


@pytest.fixture(scope="module")
def tiny() -> Verifier:
    return Verifier.tiny()


@pytest.fixture
def nodes(tmp_path: Path) -> list[NodeWithScore]:
    draw_scene(FRESH).image.save(tmp_path / "scene.png")
    return [NodeWithScore(node=ImageNode(image_path=str(tmp_path / "scene.png")), score=0.5)]


def test_the_workflow_alone(tiny, nodes, tmp_path):
    workflow = ClipVerifyWorkflow(tiny, on_doubt="revise", folders=[tmp_path])

    async def run(**given) -> VerifiedEvent:
        return await workflow.run(**given)

    verified = asyncio.run(run(answer=_ANSWER, nodes=nodes, question="What is there?"))
    assert "giraffe" not in verified.answer and "cup" in verified.answer
    report = verified.read()
    assert report.answer == _ANSWER and report.question == "What is there?" and report.verdict == "contradicted"
    again = asyncio.run(run(response=Response(response=_ANSWER, source_nodes=nodes)))
    assert again.report["claims"] == verified.report["claims"]
    direct = tiny.verify(_ANSWER, [str(tmp_path / "scene.png")], "What is there?").to_dict()
    assert verified.report["claims"] == direct["claims"]


def test_the_step_inside_another_workflow(tiny, nodes, tmp_path):
    class Bot(ClipVerifyStep, Workflow):
        verification = Verification(tiny, "abstain", Access([tmp_path]))

        @step
        async def answer(self, ev: StartEvent) -> ToVerifyEvent:
            return ToVerifyEvent(answer=ev.said, nodes=nodes, question=ev.question)

        @step
        async def show(self, ev: VerifiedEvent) -> StopEvent:
            return StopEvent(result=(ev.answer, ev.report["verdict"]))

    async def ask(said: str) -> tuple[str, str]:
        return await Bot(timeout=60).run(said=said, question="What is there?")

    shown, verdict = asyncio.run(ask(_ANSWER))
    assert shown.startswith(ABSTAINED) and verdict == "contradicted"
    assert asyncio.run(ask("There is a cup in the picture.")) == ("There is a cup in the picture.", "supported")


def test_an_answer_without_pictures_is_not_verified_and_does_not_fail(tiny):
    async def run() -> VerifiedEvent:
        return await ClipVerifyWorkflow(tiny).run(answer=_ANSWER)

    verified = asyncio.run(run())
    assert verified.answer == _ANSWER and verified.read().trust is None and verified.read().notes


def test_the_guardrail_says_what_may_be_shown(tiny, nodes, tmp_path):
    guard = guardrail(tiny, folders=[tmp_path])
    held = guard(_ANSWER, nodes, "What is there?")
    assert not held.passed and held.reason == "not supported by the pictures: “giraffe”" and "giraffe" not in held.text
    good = guard("There is a cup in the picture.", nodes)
    assert good.passed and good.reason == "" and good.text == "There is a cup in the picture."
    closed = guardrail(tiny)(_ANSWER, nodes)  # the path may not be opened: nothing could be checked
    assert not closed.passed and "cup" not in closed.text

"""Sources that cannot be read: the answer is verified on the others, the gap is named, and what could not be verified is held back."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from llama_index.core.base.base_retriever import BaseRetriever
from llama_index.core.base.response.schema import AsyncStreamingResponse, Response, StreamingResponse
from llama_index.core.chat_engine import SimpleChatEngine
from llama_index.core.chat_engine.types import AgentChatResponse
from llama_index.core.llms.mock import MockLLM
from llama_index.core.memory import ChatMemoryBuffer
from llama_index.core.schema import ImageNode, NodeWithScore, TextNode

from llamaindex_clipverify.answer import Answer
from llamaindex_clipverify.errors import ClipVerifyError, DataError, PictureError, VerificationError
from llamaindex_clipverify.llama_index import (
    ClipVerifyChatEngine,
    ClipVerifyEvaluator,
    ClipVerifyPostprocessor,
    ClipVerifyRelevancyEvaluator,
    ClipVerifyRetrievalEvaluator,
    ClipVerifySynthesizer,
    LlavaSynthesizer,
    get_report,
    load_llm,
)
from llamaindex_clipverify.llama_index.verification import ABSTAINED, NOTHING_CHECKED, Verification
from llamaindex_clipverify.node_pictures import Access
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.report.requirement import Requirement
from llamaindex_clipverify.verification.streaming import StreamingVerifier
from llamaindex_clipverify.verification.verifier import Verifier

TRUE, INVENTED = "There is a yellow cup.", "There is a pizza in the picture."


def nodes(*paths: Path) -> list[NodeWithScore]:
    return [NodeWithScore(node=ImageNode(image_path=str(path)), score=1.0) for path in paths]


@pytest.fixture
def gone(scene_file: Path) -> Path:
    return scene_file.with_name("gone.png")


@pytest.fixture
def broken(scene_file: Path) -> Path:
    path = scene_file.with_name("broken.png")
    path.write_bytes(scene_file.read_bytes()[:200])
    return path


@pytest.mark.parametrize("bad", ["gone", "broken", "closed"])
def test_the_others_are_verified_and_the_gap_is_named(
    tiny: Verifier, scene_file: Path, gone: Path, broken: Path, bad: str
) -> None:
    name = {"gone": gone, "broken": broken, "closed": Path("/elsewhere/a.png")}[bad]
    answer = Answer.from_nodes(TRUE, nodes(scene_file, name), Access([scene_file.parent]))
    report, whole = tiny.verify(answer), tiny.verify(TRUE, [scene_file])
    assert report.trust == whole.trust and report.coverage == pytest.approx(whole.coverage / 2)
    assert (whole.verdict, report.verdict) == ("supported", "partly_checked")
    assert (
        len(report.gaps) == 1 and name.name in report.gaps[0] and report.notes[0] == f"not looked at: {report.gaps[0]}"
    )
    again = Report.from_dict(report.to_dict())
    assert again.gaps == report.gaps and again.coverage == report.coverage


def test_pictures_that_the_caller_names_are_all_needed(tiny: Verifier, scene_file: Path, broken: Path) -> None:
    with pytest.raises(PictureError, match=r"broken\.png"):
        tiny.verify(TRUE, [scene_file, broken])


def test_nothing_left_is_an_error(tiny: Verifier, gone: Path) -> None:
    with pytest.raises(PictureError, match=r"gone\.png"):
        tiny.verify(Answer.from_nodes(TRUE, nodes(gone), Access([gone.parent])))


@pytest.mark.parametrize("on_doubt", ["abstain", "revise"])
@pytest.mark.parametrize("good", [True, False])
@pytest.mark.parametrize("kind", ["whole", "stream", "astream"])
def test_no_invention_gets_out(
    tiny: Verifier, scene_file: Path, gone: Path, on_doubt: Any, good: bool, kind: str
) -> None:
    sources = nodes(*([scene_file] if good else []), gone)
    shown, report = _shown(Verification(tiny, on_doubt, Access([gone.parent])), INVENTED, sources, kind)
    assert ("pizza" not in shown.split("\n\nNot supported")[0] and report.gaps) or not good
    assert "pizza" not in shown or good
    assert report.notes


@pytest.mark.parametrize(("on_doubt", "says"), [("abstain", ABSTAINED), ("revise", NOTHING_CHECKED)])
@pytest.mark.parametrize("kind", ["whole", "stream", "astream"])
def test_what_could_not_be_verified_is_held_back_unless_asked_otherwise(
    tiny: Verifier, gone: Path, on_doubt: Any, says: str, kind: str
) -> None:
    for sources in ([], nodes(gone)):
        closed = _shown(Verification(tiny, on_doubt, Access([gone.parent])), TRUE, sources, kind)[0]
        opened = _shown(Verification(tiny, on_doubt, Access([gone.parent]), fail_open=True), TRUE, sources, kind)[0]
        assert (closed, opened) == (says, TRUE)


def _shown(how: Verification, text: str, sources: list[NodeWithScore], kind: str) -> tuple[str, Report]:
    pieces = [f"{word} " for word in text.split()]
    pieces[-1] = pieces[-1].strip()
    if kind == "whole":
        response = how.of(Response(text, sources), None)
        return response.response, get_report(response)
    if kind == "stream":
        response = how.of(StreamingResponse(iter(pieces), sources), None)
        return "".join(response.response_gen), get_report(response)

    async def run() -> tuple[str, Report]:
        async def gen() -> Any:
            for piece in pieces:
                yield piece

        response = how.of(AsyncStreamingResponse(gen(), sources), None)
        return "".join([piece async for piece in response.response_gen]), get_report(response)

    return asyncio.run(run())


def test_a_stream_names_its_gaps(tiny: Verifier, scene_file: Path, gone: Path) -> None:
    sources = Answer.from_nodes("", nodes(scene_file, gone), Access([gone.parent])).sources
    stream = StreamingVerifier(tiny, sources)
    for piece in (TRUE, " ", INVENTED, " "):
        stream.add(piece)
    report = stream.finish()
    assert len(report.gaps) == 1 and next(one.verdict for one in report.claims) == "supported"


# -- what is no answer ------------------------------------------------------------------------------------------------

BAD: list[Any] = [
    None,
    3,
    b"A cup.",
    ["A cup."],
    {},
    "A cup \ud800.",
    f"There are {'9' * 4301} cups.",
    "x" * 100_001,
    1.5,
]


@pytest.mark.parametrize("text", BAD, ids=repr)
def test_what_is_no_answer_is_one_typed_error(tiny: Verifier, scene_file: Path, text: Any) -> None:
    with pytest.raises(DataError, match=r"^the answer "):
        tiny.verify(text, [scene_file])
    with pytest.raises(DataError):
        tiny.verify(
            "A cup.", [scene_file], passages=[text] if not (isinstance(text, str) and len(text) > 9_999) else [None]
        )


@pytest.mark.parametrize("text", [text for text in BAD if isinstance(text, str)], ids=repr)
def test_an_engine_survives_what_is_no_answer(tiny: Verifier, scene_file: Path, text: str) -> None:
    for kind in ("whole", "stream"):
        shown, report = _shown(
            Verification(tiny, "abstain", Access([scene_file.parent])), text, nodes(scene_file), kind
        )
        assert shown == ABSTAINED and report.notes[0].startswith("not verified: the answer ")
        assert report.to_json().encode() and report._repr_html_()


class _Splitter:
    language = "en"

    def split(self, answer: str) -> list[Any]:
        if "bang" in answer:
            raise ZeroDivisionError("bang")
        return []


def test_a_batch_has_an_error_in_its_place(scene_file: Path, broken: Path) -> None:
    verifier = Verifier.tiny(splitter=_Splitter())
    answers = [
        Answer.of("fine", [scene_file]),
        Answer.of("bang", [scene_file]),
        Answer.of("fine", [broken]),
        Answer(text="fine", sources=()),
        Answer.from_nodes("fine", [NodeWithScore(node=TextNode(text="a passage"))]),
    ]
    kinds = [type(one) for one in verifier.verify_batch(answers)]
    assert kinds == [Report, VerificationError, PictureError, DataError, Report]
    with pytest.raises(ClipVerifyError):
        verifier.verify("bang", [Picture.of(scene_file)])


# -- every other door -------------------------------------------------------------------------------------------------


class _Strange:
    """A retrieved thing whose attributes fail."""

    @property
    def node(self) -> Any:
        raise RuntimeError("a node that\ncannot be read")

    page_content = metadata = image = node


def _gap_of(report: Report, bad: Path) -> None:
    assert report.trust is not None and report.coverage < 1 and report.verdict != "supported"
    assert bad.name in " ".join(report.gaps) and any(note.startswith("not looked at: ") for note in report.notes)


def test_a_node_of_a_strange_form_is_a_gap(tiny: Verifier, scene_file: Path) -> None:
    retrieved: list[Any] = [*nodes(scene_file), _Strange(), NodeWithScore(node=TextNode(text="x \ud800"))]
    answer = Answer.from_nodes(TRUE, retrieved, Access([scene_file.parent]))
    report = tiny.verify(answer)
    assert report.trust == tiny.verify(TRUE, [scene_file]).trust and len(report.gaps) == 2
    assert "RuntimeError: a node that cannot be read" in report.gaps[0] and "\n" not in report.gaps[0]


@pytest.mark.parametrize("bad", ["gone", "broken"])
def test_a_postprocessor_keeps_what_it_cannot_read_for_the_report(
    tiny: Verifier, scene_file: Path, gone: Path, broken: Path, bad: str
) -> None:
    from llama_index.core.schema import QueryBundle

    name = {"gone": gone, "broken": broken}[bad]
    retrieved = [*nodes(name, scene_file), NodeWithScore(node=TextNode(text="a passage"))]
    postprocessor = ClipVerifyPostprocessor(tiny, folders=[scene_file.parent], similarity_cutoff=-1.0, top_n=1)
    kept = postprocessor.postprocess_nodes(retrieved, QueryBundle("a cup"))
    assert [one.node for one in kept] == [retrieved[1].node, retrieved[0].node, retrieved[2].node]
    _gap_of(tiny.verify(Answer.from_nodes(TRUE, kept, Access([scene_file.parent]))), name)


@pytest.mark.parametrize("bad", ["gone", "broken"])
def test_an_evaluator_scores_the_rest_and_does_not_pass(
    tiny: Verifier, scene_file: Path, gone: Path, broken: Path, bad: str
) -> None:
    name = {"gone": gone, "broken": broken}[bad]
    for evaluator in (ClipVerifyEvaluator, ClipVerifyRelevancyEvaluator):
        how = evaluator(tiny, folders=[scene_file.parent])
        whole = how.evaluate_response("Is there a yellow cup?", Response(TRUE, nodes(scene_file)))
        result = how.evaluate_response("Is there a yellow cup?", Response(TRUE, nodes(name, scene_file)))
        assert whole.passing and not result.passing and not result.invalid_result and result.score == whole.score
        _gap_of(result.report, name)
    assert name.name in str(ClipVerifyEvaluator(tiny).evaluate("q", TRUE, images=[scene_file, name]).invalid_reason)


def test_a_retrieval_evaluator_counts_what_it_cannot_read_as_found_and_wrong(scene_file: Path, gone: Path) -> None:
    class Fixed(BaseRetriever):
        def _retrieve(self, query_bundle: Any) -> list[NodeWithScore]:
            return nodes(gone, scene_file)

    evaluator = ClipVerifyRetrievalEvaluator.from_metric_names(
        ["mrr", "hit_rate"], retriever=Fixed(), folders=[str(scene_file.parent)]
    )
    assert evaluator.evaluate("a cup", [str(scene_file)]).metric_vals_dict == {"mrr": 0.5, "hit_rate": 1.0}


@pytest.mark.parametrize("on_doubt", [None, "abstain"])
def test_a_synthesizer_answers_from_the_rest(tiny: Verifier, scene_file: Path, gone: Path, on_doubt: Any) -> None:
    elsewhere = NodeWithScore(node=ImageNode(image_path="/elsewhere/a.png"))
    inner = LlavaSynthesizer(load_llm("tiny"), folders=[scene_file.parent])
    outer = ClipVerifySynthesizer(inner, tiny, on_doubt=on_doubt, folders=[scene_file.parent])
    response = outer.synthesize("What colour is the cup?", [*nodes(gone, scene_file), elsewhere])
    report = get_report(response)
    assert len(report.gaps) == 2 and report.trust is not None
    with pytest.raises(PictureError, match=r"gone\.png"):
        inner.synthesize("What colour is the cup?", nodes(gone))


def test_a_chat_engine_verifies_on_the_rest(tiny: Verifier, scene_file: Path, gone: Path) -> None:
    class Engine(SimpleChatEngine):
        def chat(self, message: str, chat_history: Any = None) -> AgentChatResponse:
            return AgentChatResponse(response=TRUE, source_nodes=nodes(gone, scene_file))

    engine = ClipVerifyChatEngine(
        Engine(MockLLM(), ChatMemoryBuffer.from_defaults(), []), tiny, on_doubt="abstain", folders=[scene_file.parent]
    )
    response = engine.chat("What is there?")
    assert str(response) == TRUE
    _gap_of(get_report(response), gone)


@pytest.mark.parametrize("bad", ["gone", "broken"])
def test_a_step_of_langchain_verifies_on_the_rest(
    tiny: Verifier, scene_file: Path, gone: Path, broken: Path, bad: str
) -> None:
    documents = pytest.importorskip("langchain_core.documents")
    from llamaindex_clipverify.integrations.langchain import KEY, ClipVerifyCompressor, as_runnable

    name = {"gone": gone, "broken": broken}[bad]
    context = [documents.Document("", metadata={"image_path": str(path)}) for path in (name, scene_file)]
    step = as_runnable(tiny, folders=[scene_file.parent])
    whole = Report.from_dict(step.invoke({"answer": TRUE, "context": context[1:]})[KEY])
    report = Report.from_dict(step.invoke({"answer": TRUE, "context": context})[KEY])
    assert report.trust == whole.trust and report.coverage == pytest.approx(whole.coverage / 2)
    _gap_of(report, name)
    _gap_of(Report.from_dict(step.invoke({"answer": TRUE, "images": [scene_file, name]})[KEY]), name)
    strange = Report.from_dict(step.invoke({"answer": TRUE, "context": [_Strange(), context[1]]})[KEY])
    assert strange.trust == whole.trust and len(strange.gaps) == 1
    compressor = ClipVerifyCompressor(verifier=tiny, folders=[str(scene_file.parent)], top_n=1)
    assert compressor.compress_documents(context, "a cup")[1] == context[0]


@pytest.mark.parametrize("given", [{}, {"context": []}, {"context": None, "images": []}, {"images": ["/gone.png"]}])
def test_a_step_of_langchain_says_why_nothing_was_verified(tiny: Verifier, given: dict[str, Any]) -> None:
    pytest.importorskip("langchain_core.documents")
    from llamaindex_clipverify.integrations.langchain import KEY, as_runnable

    for text in (TRUE, "", "x" * 100_001):
        report = Report.from_dict(as_runnable(tiny).invoke({"answer": text, **given})[KEY])
        assert report.trust is None and report.notes


def test_the_text_of_a_context_is_a_passage(tiny: Verifier) -> None:
    pytest.importorskip("langchain_core.documents")
    from llamaindex_clipverify.integrations.langchain import KEY, as_runnable

    said = "The museum opened in 1911."
    for context in (said, [said]):
        report = Report.from_dict(as_runnable(tiny).invoke({"answer": said, "context": context})[KEY])
        assert any(one.check == "passages" and one.stance == "supports" for one in report.claims[0].evidence)


def test_a_gap_fails_a_requirement(tiny: Verifier, scene_file: Path, gone: Path) -> None:
    report = tiny.verify(Answer.from_nodes(TRUE, nodes(scene_file, gone), Access([gone.parent])))
    assert Requirement(min_trust=0).problem(report).endswith(report.gaps[0])
    assert Requirement(min_trust=0).problem(tiny.verify(TRUE, [scene_file])) == ""

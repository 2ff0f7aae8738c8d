"""The remote vision model on the real SDK, against a server that misbehaves: a retry that helps, or one clear error."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import threading
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from faults import ANSWER, FaultServer, said, serving, status
from llama_index.core.base.llms.types import ChatMessage, ImageBlock, TextBlock
from PIL import Image

from llamaindex_clipverify.errors import (
    AuthenticationError,
    ClipVerifyError,
    DataError,
    PictureError,
    RateLimitError,
    RequestError,
    ResponseError,
    ServerError,
    ServiceError,
    ServiceTimeoutError,
    UnreachableError,
)
from llamaindex_clipverify.llama_index import TogetherVisionLLM, load_llm
from llamaindex_clipverify.llama_index.messages import image_block
from llamaindex_clipverify.models.together import normalised
from llamaindex_clipverify.models.usage import UsageCounter
from llamaindex_clipverify.picture import Picture

KEY = "tgp_v1_a-key-that-must-not-be-seen"
Ask = Callable[[TogetherVisionLLM], str]


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with serving() as running:
        yield running


def llm_of(server: FaultServer, **options: Any) -> TogetherVisionLLM:
    return TogetherVisionLLM(
        **{"model": "a/vision-model", "api_key": KEY, "base_url": server.url, "timeout": 20, **options}
    )


def question(*images: Image.Image) -> list[ChatMessage]:
    blocks = [image_block(Picture.of(image)) for image in images]
    return [ChatMessage(role="user", blocks=[*blocks, TextBlock(text="What is there?")])]


def chat(llm: TogetherVisionLLM) -> str:
    return llm.chat(question()).message.content or ""


def stream(llm: TogetherVisionLLM) -> str:
    return "".join(piece.delta or "" for piece in llm.stream_chat(question()))


def achat(llm: TogetherVisionLLM) -> str:
    return asyncio.run(llm.achat(question())).message.content or ""


def astream(llm: TogetherVisionLLM) -> str:
    async def read() -> str:
        return "".join([piece.delta or "" async for piece in await llm.astream_chat(question())])

    return asyncio.run(read())


ways = pytest.mark.parametrize("ask", [chat, stream, achat, astream])


def within(seconds: float, work: Callable[[], object]) -> object:
    """Return what a piece of work returns or raises; it is given up when it hangs."""
    result: list[object] = []

    def run() -> None:
        try:
            result.append(work())
        except Exception as error:  # noqa: BLE001
            result.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    assert result, "it hangs"
    return result[0]


def texts_of(error: BaseException | None) -> str:
    """Return all that is printed of an error and of what led to it."""
    assert error is not None
    texts = traceback.format_exception(error)
    while error is not None:
        texts += [str(error), repr(error), repr(vars(error))]
        error = error.__cause__ or error.__context__
    return "\n".join(texts)


# -- answers --------------------------------------------------------------------------------------------------------------


@ways
def test_an_answer(server: FaultServer, ask: Ask) -> None:
    assert ask(llm_of(server)) == ANSWER
    assert server.paths == ["/v1/chat/completions"]
    sent = server.requests[0]
    assert sent.pop("stream", False) is (ask in (stream, astream))
    assert sent == {
        "model": "a/vision-model", "max_tokens": 256, "temperature": 0.0,
        "messages": [{"role": "user", "content": "What is there?"}],
    }  # fmt: skip


def test_completions(server: FaultServer) -> None:
    llm = llm_of(server, seed=7, max_tokens=9)

    async def remote() -> tuple[str, str]:
        pieces = [piece.delta or "" async for piece in await llm.astream_complete("Hello")]
        return (await llm.acomplete("Hello")).text, "".join(pieces)

    assert llm.complete("Hello").text == ANSWER
    assert [piece.text for piece in llm.stream_complete("Hello")][-1] == ANSWER
    assert asyncio.run(remote()) == (ANSWER, ANSWER)
    assert all(sent["seed"] == 7 and sent["max_tokens"] == 9 for sent in server.requests)
    llm.complete("Hello", max_tokens=3, temperature=0.5)
    assert server.requests[-1]["max_tokens"] == 3 and server.requests[-1]["temperature"] == 0.5


def test_what_a_response_carries(server: FaultServer) -> None:
    llm = llm_of(server)
    whole = llm.chat(question())
    *_, last = llm.stream_chat(question())
    for response in (whole, last):
        assert response.additional_kwargs == {"prompt_tokens": 1000, "completion_tokens": 10, "total_tokens": 1010}
        assert response.raw == {"finish_reason": "stop", "reasoning": ""}
        assert response.message.content == ANSWER
    assert (
        llm.metadata.is_chat_model
        and llm.metadata.context_window == 8192
        and llm.metadata.model_name == "a/vision-model"
    )


def test_roles_and_the_order_of_texts_and_pictures(server: FaultServer) -> None:
    picture = Image.new("RGB", (8, 8), "red")
    llm_of(server).chat([ChatMessage(role="system", content="Be brief."), *question(picture, picture)])
    system, user = server.requests[0]["messages"]
    assert system == {"role": "system", "content": "Be brief."}
    assert [part["type"] for part in user["content"]] == ["image_url", "image_url", "text"]


@pytest.mark.parametrize(("size", "longest", "arrives"), [((1200, 300), 559, (559, 140)), ((300, 200), 559, (300, 200)),
                                                          ((1200, 300), None, (1200, 300)), ((64, 2000), 100, (3, 100))])  # fmt: skip
def test_pictures_are_brought_down_and_never_up(
    server: FaultServer, size: tuple[int, int], longest: int | None, arrives: tuple[int, int]
) -> None:
    width, height = size
    image = Image.fromarray(np.random.default_rng(0).integers(0, 255, (height, width, 3), np.uint8))
    llm_of(server, longest_side=longest).chat(question(image))
    (arrived,) = server.pictures()
    assert arrived.size == arrives
    assert size != arrives or np.array_equal(np.asarray(arrived), np.asarray(image))


def test_the_default_stays_below_a_tile(server: FaultServer) -> None:
    llm_of(server).chat(question(Image.new("RGB", (4000, 3000))))
    assert max(server.pictures()[0].size) == 559


def test_openai_like_sends_the_very_bytes(server: FaultServer) -> None:
    image = Image.fromarray(np.random.default_rng(0).integers(0, 255, (700, 300, 3), np.uint8))
    llm = load_llm(f"openai:m@{server.url}", api_key=KEY)
    assert llm.chat(question(image)).message.content == ANSWER
    assert np.array_equal(np.asarray(server.pictures()[0]), np.asarray(image))


def test_paths_need_leave(server: FaultServer, scene_file: Any) -> None:
    message = [ChatMessage(role="user", blocks=[ImageBlock(path=scene_file)])]
    with pytest.raises(PictureError, match="may not be opened"):
        llm_of(server).chat(message)
    llm_of(server, folders=[str(scene_file.parent)]).chat(message)
    assert len(server.requests) == 1 and len(server.pictures()) == 1


# -- options ----------------------------------------------------------------------------------------------------------------


def test_extra_fields_are_sent_when_given(server: FaultServer) -> None:
    llm_of(server, extra={"reasoning": {"enabled": False}, "top_k": 5}).chat(question())
    assert server.requests[0]["reasoning"] == {"enabled": False} and server.requests[0]["top_k"] == 5
    with pytest.raises(DataError, match="cannot replace these fields; got stream"):
        llm_of(server, extra={"stream": True})


def test_a_name_makes_it(monkeypatch: pytest.MonkeyPatch, server: FaultServer) -> None:
    monkeypatch.setenv("TOGETHER_API_KEY", KEY)
    monkeypatch.setenv("TOGETHER_BASE_URL", f"{server.url}/v1/")
    llm = load_llm("together:some/model", longest_side=100)
    assert isinstance(llm, TogetherVisionLLM) and llm.model == "some/model"
    assert chat(llm) == ANSWER and server.requests[0]["model"] == "some/model"
    assert server.paths == ["/v1/chat/completions"]
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
    with pytest.raises(DataError, match="no such LLM"):
        load_llm("together:")


@pytest.mark.parametrize("given", ["http://host:1", "http://host:1/", "http://host:1/v1", " http://host:1/v1/ "])
def test_addresses_of_either_sdk(given: str) -> None:
    assert normalised(given, "3.1.1") == "http://host:1"
    assert normalised(given, "2.36.0") == "http://host:1/v1"
    assert normalised(None, "2.36.0") is None


def test_a_model_must_be_named() -> None:
    with pytest.raises(ValueError, match="model"):
        TogetherVisionLLM(api_key=KEY)  # type: ignore[call-arg]


# -- usage ------------------------------------------------------------------------------------------------------------------


def test_usage_and_cost(server: FaultServer) -> None:
    llm = llm_of(server, prompt_price=2.0, completion_price=30.0)
    assert llm.usage.requests == 0 and llm.usage.cost == 0
    for ask in (chat, stream, achat, astream):
        ask(llm)
    assert (llm.usage.requests, llm.usage.prompt_tokens, llm.usage.total_tokens) == (4, 4000, 4040)
    assert llm.usage.cost == pytest.approx((4000 * 2 + 40 * 30) / 1e6)
    assert llm_of(server).usage.cost is None
    unpriced = llm_of(server)
    chat(unpriced)
    assert unpriced.usage.prompt_tokens == 1000 and unpriced.usage.cost is None


@ways
def test_a_server_that_tells_no_tokens(server: FaultServer, ask: Ask) -> None:
    step = said()
    del step["body"]["usage"]
    server.will(step)
    llm = llm_of(server, prompt_price=1.0, completion_price=1.0)
    assert ask(llm) == ANSWER
    assert llm.usage.requests == llm.usage.unmeasured == 1 and llm.usage.cost is None


def test_many_threads_are_counted_rightly() -> None:
    counter = UsageCounter()
    threads = [threading.Thread(target=lambda: [counter.add(2, 1) for _ in range(500)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (counter.usage.requests, counter.usage.prompt_tokens, counter.usage.completion_tokens) == (4000, 8000, 4000)


def test_one_object_serves_threads_and_loops(server: FaultServer) -> None:
    llm = llm_of(server)
    threads = [threading.Thread(target=ask, args=(llm,)) for ask in (chat, achat, stream, astream) * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert llm.usage.requests == len(server.requests) == 8


def test_calls_of_one_loop_run_beside_each_other(server: FaultServer) -> None:
    llm = llm_of(server)

    async def many() -> list[str]:
        return [str(one.message.content) for one in await asyncio.gather(*(llm.achat(question()) for _ in range(6)))]

    assert asyncio.run(many()) == [ANSWER] * 6


# -- faults -----------------------------------------------------------------------------------------------------------------


@ways
@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_retry_helps(server: FaultServer, ask: Ask, code: int) -> None:
    server.will(status(code), said())
    assert ask(llm_of(server)) == ANSWER
    assert len(server.requests) == 2


FAULTS: dict[str, tuple[dict[str, Any], type[ServiceError], int]] = {
    "limit": (status(429, f"slow down, {KEY}"), RateLimitError, 3),
    "server": (status(500, f"broken, {KEY}"), ServerError, 3),
    "key": (status(401, f"Incorrect API key provided: {KEY}"), AuthenticationError, 1),
    "forbidden": (status(403, KEY), AuthenticationError, 1),
    "request": (status(422, f"top_k? {KEY}"), RequestError, 1),
    "model": (status(404, "no such model"), RequestError, 1),
    "page": ({"raw": f"<html>{KEY}</html>".encode(), "headers": {"content-type": "text/html"}}, ResponseError, 1),
    "json": ({"raw": f'{{"choices": [{{ {KEY}'.encode()}, ResponseError, 1),
    "bytes": ({"raw": b'{"id": "\xff\xfe'}, ResponseError, 1),
    "list": ({"raw": b"[1, 2]"}, ResponseError, 1),
    "choices": ({"raw": b'{"choices": []}'}, ResponseError, 1),
    "form": ({"raw": b'{"choices": [{"text": "x"}]}'}, ResponseError, 1),
    "thought": (said(content=None, reasoning="Hm, stripes."), ResponseError, 1),
}


@ways
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_one_error_without_the_key(
    server: FaultServer, ask: Ask, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    step, kind, requests = FAULTS[fault]
    server.will(step)
    caplog.set_level(logging.DEBUG)
    llm = llm_of(server)
    error = within(30, lambda: ask(llm))
    assert type(error) is kind and isinstance(error, ClipVerifyError)
    assert "\n" not in str(error) and "; got " in str(error) and str(error).count("; ") >= 2
    assert len(server.requests) == requests
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
    assert KEY not in texts_of(error) and KEY not in caplog.text and KEY.encode() not in pickle.dumps(error)
    assert llm.usage.requests == 0


@ways
def test_a_hanging_server_is_left_in_time(server: FaultServer, ask: Ask) -> None:
    server.will({"hang": True})
    error = within(30, lambda: ask(llm_of(server, timeout=0.3, max_retries=0)))
    assert type(error) is ServiceTimeoutError and "raise timeout=" in str(error)
    assert error.__cause__ is not None and type(error.__cause__).__name__ == "APITimeoutError"


@ways
def test_a_server_that_hangs_once(server: FaultServer, ask: Ask) -> None:
    server.will({"hang": True}, said())
    assert within(30, lambda: ask(llm_of(server, timeout=3, max_retries=1))) == ANSWER


@pytest.mark.parametrize("ask", [stream, astream])
@pytest.mark.parametrize(
    ("cut", "kind"), [("quiet", ResponseError), ("broken", ResponseError), ("hang", ServiceTimeoutError)]
)
def test_a_stream_that_is_cut_is_never_a_short_answer(
    server: FaultServer, ask: Ask, cut: str, kind: type[ServiceError]
) -> None:
    server.will({**said(), "cut": cut})
    llm = llm_of(server, timeout=0.5)
    error = within(30, lambda: ask(llm))
    assert type(error) is kind and len(server.requests) == 1
    assert KEY not in texts_of(error) and llm.usage.requests == 0


@pytest.mark.parametrize("ask", [stream, astream])
def test_a_garbled_stream(server: FaultServer, ask: Ask) -> None:
    server.will({**said(), "garbled": True})
    assert type(within(30, lambda: ask(llm_of(server)))) is ResponseError


def test_the_pieces_before_a_cut_were_read(server: FaultServer) -> None:
    server.will({**said(), "cut": "quiet"})
    pieces = llm_of(server).stream_chat(question())
    assert [next(pieces).delta, next(pieces).delta] == ["A", " zebra"]
    with pytest.raises(ResponseError, match="the stream was cut before the answer ended; got 7 characters and no end"):
        next(pieces)


@ways
def test_nobody_listens(ask: Ask) -> None:
    with serving() as gone:
        llm = llm_of(gone, max_retries=0)
    error = within(30, lambda: ask(llm))
    assert type(error) is UnreachableError and "127.0.0.1" in str(error)


def test_a_stream_may_be_left_early(server: FaultServer) -> None:
    llm = llm_of(server)
    pieces = llm.stream_chat(question())
    assert next(pieces).delta == "A"
    pieces.close()

    async def leave() -> str:
        answers = await llm.astream_chat(question())
        first = await anext(answers)
        await answers.aclose()
        return str(first.delta)

    assert asyncio.run(leave()) == "A"
    assert chat(llm) == ANSWER


def test_reasoning_beside_an_answer_is_kept_apart(server: FaultServer) -> None:
    server.will(said(reasoning="Hm, stripes."))
    llm = llm_of(server)
    assert llm.chat(question()).raw == {"finish_reason": "stop", "reasoning": "Hm, stripes."}
    assert stream(llm) == ANSWER


# -- the key ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [None, "", "  ", "two words", "schlüssel", "line\nbreak"])
def test_a_key_that_is_none(server: FaultServer, monkeypatch: pytest.MonkeyPatch, given: str | None) -> None:
    monkeypatch.delenv("TOGETHER_API_KEY", raising=False)
    with pytest.raises(AuthenticationError, match="set TOGETHER_API_KEY") as told:
        chat(llm_of(server, api_key=given))
    assert not server.requests and (not (given or "").strip() or str(given) not in str(told.value))


def test_a_key_from_a_file_may_end_in_a_line_break(server: FaultServer) -> None:
    assert chat(llm_of(server, api_key=f"{KEY}\n")) == ANSWER
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"


def test_a_stand_in_for_a_key_is_no_secret(server: FaultServer) -> None:
    server.will(status(400, "no such exit"))
    with pytest.raises(RequestError, match="no such exit"):
        chat(llm_of(server, api_key="x"))


def test_the_key_is_written_nowhere(server: FaultServer, monkeypatch: pytest.MonkeyPatch) -> None:
    llm = llm_of(server)
    chat(llm)
    shown = [repr(llm), str(llm), str(llm.to_dict()), llm.to_json(), str(llm.model_dump()), llm.model_dump_json(), repr(llm.chat_client),
             str(llm.__dict__)]  # fmt: skip
    assert not [text for text in shown if KEY in text]
    assert KEY.encode() not in pickle.dumps(llm)
    monkeypatch.setenv("TOGETHER_API_KEY", "another")
    for again in (
        pickle.loads(pickle.dumps(llm)),
        TogetherVisionLLM.from_dict(llm.to_dict()),
        TogetherVisionLLM.from_json(llm.to_json()),
    ):
        assert again.model == llm.model and again.base_url == server.url and again.usage.requests == 0
        assert chat(again) == ANSWER
        assert server.headers[-1]["Authorization"] == "Bearer another"
    assert chat(llm) == ANSWER and server.headers[-1]["Authorization"] == f"Bearer {KEY}"


def test_observers_are_not_told_the_key(server: FaultServer) -> None:
    from llama_index_instrumentation import get_dispatcher
    from llama_index_instrumentation.event_handlers import BaseEventHandler

    seen: list[str] = []

    class Listener(BaseEventHandler):
        def handle(self, event: Any, **kwargs: Any) -> None:
            seen.append(json.dumps(event.model_dump(), default=str))

    root = get_dispatcher()
    listener = Listener()
    root.add_event_handler(listener)
    try:
        chat(llm_of(server))
    finally:
        root.event_handlers.remove(listener)
    assert any("a/vision-model" in text for text in seen) and not any(KEY in text for text in seen)

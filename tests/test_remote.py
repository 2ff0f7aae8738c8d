"""Every remote kind of vision model by name: whatever its server does, one typed error without the key, and an end."""

from __future__ import annotations

import asyncio
import gzip
import json
import time
import traceback
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from faults import ANSWER, FaultServer, said, serving, status
from llama_index.core.base.llms.types import ChatMessage, ImageBlock
from llama_index.core.llms import LLM

from llamaindex_clipverify.errors import (
    AuthenticationError,
    PictureError,
    RateLimitError,
    RequestError,
    ResponseError,
    ServerError,
    ServiceError,
    ServiceTimeoutError,
    UnreachableError,
)
from llamaindex_clipverify.llama_index import load_llm

KEY = "sk-a-key-that-must-not-be-seen"
ASKED = [ChatMessage(role="user", content="What is there?")]


@pytest.fixture
def server() -> Iterator[FaultServer]:
    with serving() as running:
        yield running


@pytest.fixture(params=["openai", "together"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def llm_of(kind: str, url: str, **options: Any) -> LLM:
    how = {"api_key": KEY, "max_retries": 0, "timeout": 5.0, **options}
    return load_llm(f"openai:m@{url}", **how) if kind == "openai" else load_llm("together:m", base_url=url, **how)


def chat(llm: LLM) -> str:
    return llm.chat(ASKED).message.content or ""


def stream(llm: LLM) -> str:
    return "".join(piece.delta or "" for piece in llm.stream_chat(ASKED))


def achat(llm: LLM) -> str:
    return asyncio.run(llm.achat(ASKED)).message.content or ""


def astream(llm: LLM) -> str:
    async def read() -> str:
        return "".join([piece.delta or "" async for piece in await llm.astream_chat(ASKED)])

    return asyncio.run(read())


def complete(llm: LLM) -> str:
    return llm.complete("What is there?").text


ways = pytest.mark.parametrize("ask", [chat, stream, achat, astream])
Ask = Callable[[LLM], str]
FAULTS: list[tuple[dict[str, Any], type[ServiceError]]] = [
    (status(401, f"bad key {KEY}"), AuthenticationError),
    (status(403, f"not for {KEY}"), AuthenticationError),
    (status(404, f"no such model {KEY}"), RequestError),
    (status(422, "bad option"), RequestError),
    (status(429, f"slow down {KEY}"), RateLimitError),
    (status(500, f"broken {KEY}"), ServerError),
    (status(503), ServerError),
    ({"raw": b"no json at all"}, ResponseError),
    ({"raw": b""}, ResponseError),
    ({"raw": b"\xff\xfe\x00"}, ResponseError),
    ({"raw": b"[]"}, ResponseError),
    ({"raw": b"null"}, ResponseError),
    ({"raw": json.dumps({"choices": []}).encode()}, ResponseError),
    ({"raw": json.dumps({"choices": 5}).encode()}, ResponseError),
    ({"raw": b"[" * 100_000}, ResponseError),
    ({"raw": gzip.compress(b" " * 1000), "headers": {"content-encoding": "gzip"}}, ServiceError),
]


@ways
@pytest.mark.parametrize("place", range(len(FAULTS)))
def test_a_fault_is_one_error_without_the_key(server: FaultServer, kind: str, ask: Ask, place: int) -> None:
    step, expected = FAULTS[place]
    server.will(step)
    with pytest.raises(ServiceError) as caught:
        ask(llm_of(kind, server.url))
    assert isinstance(caught.value, expected) or (ask in (stream, astream) and "raw" in step)
    assert KEY not in "".join(traceback.format_exception(caught.value))


@ways
def test_a_good_answer_is_as_before(server: FaultServer, kind: str, ask: Ask) -> None:
    llm = llm_of(kind, server.url)
    assert ask(llm) == ask(llm) == ANSWER and complete(llm) == ANSWER
    assert KEY not in repr(llm) and KEY not in str(llm)


@ways
@pytest.mark.parametrize("cut", ["quiet", "broken", "hang"])
def test_a_cut_stream_is_no_answer(server: FaultServer, kind: str, ask: Ask, cut: str) -> None:
    if ask in (chat, achat):
        pytest.skip("not a stream")
    server.will({**said(), "cut": cut})
    with pytest.raises(ServiceTimeoutError if cut == "hang" else ResponseError):
        ask(llm_of(kind, server.url, timeout=1.0))


@ways
@pytest.mark.parametrize("how", ["blanks", "pieces", "line", "body"])
def test_nothing_is_endless(
    server: FaultServer, kind: str, ask: Ask, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("llamaindex_clipverify.models.http_limits.MOST_BYTES", 2_000_000)
    server.will({"endless": how})
    started = time.monotonic()
    with pytest.raises(ServiceError):
        ask(llm_of(kind, server.url, timeout=2.0))
    assert time.monotonic() - started < 30


@ways
def test_a_hanging_and_an_absent_server(server: FaultServer, kind: str, ask: Ask) -> None:
    server.will({"hang": True})
    with pytest.raises(ServiceTimeoutError):
        ask(llm_of(kind, server.url, timeout=0.5))
    with pytest.raises(UnreachableError):
        ask(llm_of(kind, "http://127.0.0.1:1"))


def test_no_path_in_a_message_is_sent_without_leave(server: FaultServer, kind: str, scene_file: Any) -> None:
    for field in ("path", "url"):
        block = ImageBlock.model_construct(**{"image": None, "path": None, "url": None, field: str(scene_file)})
        with pytest.raises(PictureError, match="may not be opened"):
            llm_of(kind, server.url).chat([ChatMessage(role="user", blocks=[block])])
    assert not server.requests

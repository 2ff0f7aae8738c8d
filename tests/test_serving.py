"""A real server of a real LLaVA: the local model, the Together SDK and the OpenAI client give the same answers."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from llama_index.core import get_response_synthesizer
from llama_index.core.base.llms.types import ChatMessage, TextBlock
from llama_index.core.llms import LLM
from llama_index.core.schema import ImageNode, NodeWithScore, TextNode
from llama_index.llms.openai_like import OpenAILike
from llavas import save_plain_llava
from PIL import Image

from llamaindex_clipverify.errors import RequestError, ServiceTimeoutError
from llamaindex_clipverify.llama_index import LlavaLLM, TogetherVisionLLM, load_llm
from llamaindex_clipverify.llama_index.messages import image_block
from llamaindex_clipverify.llama_index.synthesizer import LlavaSynthesizer
from llamaindex_clipverify.models.registry import tiny_folder
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.testing import FRESH, draw_scene

pytestmark = pytest.mark.slow
LENGTH, PATIENCE = 24, 600.0


@dataclass(frozen=True)
class Served:
    """A running ``transformers serve``."""

    url: str
    model: Path
    log: Path

    def requests(self) -> int:
        """Return how many chats were asked for, by the server's own log."""
        return self.log.read_text("utf-8").count("[Request received]")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled model where there is one, else one with random weights."""
    bundled = tiny_folder() / "llava"
    return bundled if bundled.is_dir() else save_plain_llava(tmp_path_factory.mktemp("llava"))


@pytest.fixture(scope="module")
def served(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    work = tmp_path_factory.mktemp("served")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [Path(sys.executable).with_name("transformers"), "serve", model, "--device", "cpu", "--dtype", "float32",
               "--host", "127.0.0.1", "--port", str(port)]  # fmt: skip
    environment = {**os.environ, "HF_HUB_CACHE": str(work), "HF_HUB_OFFLINE": "1"}
    log = work / "log"
    with log.open("wb") as out:
        process = subprocess.Popen([str(part) for part in command], stdout=out, stderr=out, env=environment)
        try:
            _wait(f"http://127.0.0.1:{port}/health", process, log)
            yield Served(f"http://127.0.0.1:{port}", model, log)
        finally:
            process.terminate()
            process.wait(30)


def _wait(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None, log.read_text("utf-8")
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
    raise AssertionError(log.read_text("utf-8"))


@pytest.fixture(scope="module")
def local(model: Path) -> LlavaLLM:
    return LlavaLLM(model=str(model), device="cpu", dtype="float32", max_tokens=LENGTH)


@pytest.fixture(scope="module")
def remote(served: Served) -> TogetherVisionLLM:
    return TogetherVisionLLM(model=str(served.model), api_key="none", base_url=served.url, timeout=PATIENCE, max_tokens=LENGTH,
                             longest_side=None)  # fmt: skip


@pytest.fixture(scope="module")
def openai(served: Served) -> LLM:
    return load_llm(f"openai:{served.model}@{served.url}", timeout=PATIENCE, max_tokens=LENGTH)


@pytest.fixture(scope="module")
def scenes() -> list[Image.Image]:
    return [draw_scene(FRESH + place).image for place in range(4)]


def asked(text: str, images: list[Image.Image]) -> list[ChatMessage]:
    blocks = [image_block(Picture.of(image)) for image in images]
    return [ChatMessage(role="user", blocks=[*blocks, TextBlock(text=text)])]


def ways(llm: LLM, question: list[ChatMessage]) -> dict[str, str]:
    """Return the answer by each of the four ways of asking."""

    async def gathered() -> str:
        return "".join([piece.delta or "" async for piece in await llm.astream_chat(question)])

    return {
        "chat": (llm.chat(question).message.content or "").strip(),
        "stream": "".join(piece.delta or "" for piece in llm.stream_chat(question)).strip(),
        "achat": (asyncio.run(llm.achat(question)).message.content or "").strip(),
        "astream": asyncio.run(gathered()).strip(),
    }


@pytest.mark.parametrize("pictures", [1, 3])
def test_all_clients_and_ways_give_the_same_answer(
    local: LlavaLLM, remote: TogetherVisionLLM, openai: LLM, scenes: list[Image.Image], pictures: int
) -> None:
    question = asked("What is in the picture?", scenes[:pictures])
    expected = (local.chat(question).message.content or "").strip()
    assert expected
    for llm in (local, remote, openai):
        assert ways(llm, question) == dict.fromkeys(("chat", "stream", "achat", "astream"), expected), type(
            llm
        ).__name__


def test_counts_are_those_of_the_local_model(
    local: LlavaLLM, remote: TogetherVisionLLM, scenes: list[Image.Image]
) -> None:
    question = asked("What is in the picture?", scenes[:3])
    before = remote.usage
    told = [remote.chat(question), list(remote.stream_chat(question))[-1]]
    for response in told:
        assert response.additional_kwargs["prompt_tokens"] == local.count_tokens(question)
    assert remote.usage.requests - before.requests == 2
    assert remote.usage.prompt_tokens - before.prompt_tokens == 2 * local.count_tokens(question)


def test_the_comparison_notices_a_picture_that_was_changed(
    model: Path, remote: TogetherVisionLLM, scenes: list[Image.Image]
) -> None:
    if model == tiny_folder() / "llava":
        pytest.skip("a trained model may say the same of a picture and of the small one")
    small = remote.model_copy(update={"longest_side": 8})
    question = asked("What is in the picture?", scenes[:1])
    assert small.chat(question).message.content != remote.chat(question).message.content


def test_completions(local: LlavaLLM, remote: TogetherVisionLLM) -> None:
    assert remote.complete("What is red?").text.strip() == local.complete("What is red?").text


def test_a_field_the_server_does_not_know(served: Served, remote: TogetherVisionLLM, scenes: list[Image.Image]) -> None:
    strict = remote.model_copy(update={"extra": {"top_k": 5}})
    with pytest.raises(RequestError, match="top_k"):
        strict.chat(asked("What is there?", scenes[:1]))


def test_a_server_that_thinks_too_long(served: Served, scenes: list[Image.Image]) -> None:
    hasty = TogetherVisionLLM(model=str(served.model), api_key="none", base_url=served.url, timeout=0.01, max_retries=0)
    with pytest.raises(ServiceTimeoutError):
        hasty.chat(asked("What is there?", scenes[:1]))


# -- how often the model is called ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def nodes(scenes: list[Image.Image], tmp_path_factory: pytest.TempPathFactory) -> list[NodeWithScore]:
    folder = tmp_path_factory.mktemp("nodes")
    made: list[Any] = []
    for place, scene in enumerate(scenes):
        scene.save(folder / f"{place}.png")
        made.append(
            ImageNode(image_path=str(folder / f"{place}.png"), image_mimetype="image/png", text=f"caption {place}")
        )
    made += [TextNode(text=f"Passage {place} tells of a zebra.") for place in range(4)]
    return [NodeWithScore(node=node, score=0.5) for node in made]


def test_one_call_where_the_stock_synthesizer_makes_several(
    served: Served, local: LlavaLLM, remote: TogetherVisionLLM, nodes: list[NodeWithScore]
) -> None:
    folder = str(Path(nodes[0].node.image_path).parent)  # type: ignore[attr-defined]
    question = "What is next to the zebra?"
    calls = {}
    before = served.requests()
    answer = str(LlavaSynthesizer(remote, folders=[folder]).synthesize(question, nodes))
    calls["ours"] = served.requests() - before
    assert answer.strip() == str(LlavaSynthesizer(local, folders=[folder]).synthesize(question, nodes))
    for window in (OpenAILike.model_fields["context_window"].default, 8192):
        stock = OpenAILike(model=str(served.model), api_base=f"{served.url}/v1", api_key="none", is_chat_model=True, timeout=PATIENCE,
                           max_tokens=LENGTH, context_window=window)  # fmt: skip
        before = served.requests()
        str(get_response_synthesizer(llm=stock, multimodal=True).synthesize(question, nodes))
        calls[f"stock, window of {window}"] = served.requests() - before
    sys.stdout.write(f"\ncalls for 4 pictures and 4 passages: {calls}\n")
    assert calls.pop("ours") == 1
    assert min(calls.values()) > 1, calls

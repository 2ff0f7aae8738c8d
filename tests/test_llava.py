"""The local vision model as a LlamaIndex LLM, on a small LLaVA with random weights: paths and faults, not meaning."""

from __future__ import annotations

import asyncio
import pickle
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
import pytest
import torch
from llama_index.core.base.llms.types import AudioBlock, ChatMessage, ImageBlock, TextBlock
from llavas import TOKENS, WINDOW, plain_tokenizer, save_plain_llava
from PIL import Image

from llamaindex_clipverify.errors import DataError, ModelError, PictureError
from llamaindex_clipverify.llama_index import LlavaLLM, load_llm
from llamaindex_clipverify.llama_index.messages import image_block
from llamaindex_clipverify.models import llava as llava_module
from llamaindex_clipverify.models import registry
from llamaindex_clipverify.picture import Picture

pytestmark = pytest.mark.filterwarnings("ignore:You have modified the pretrained model configuration")
LENGTH = 12


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """So small a model is slower on several threads than on one."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_plain_llava(tmp_path_factory.mktemp("llava"))


@pytest.fixture(scope="module")
def llm(folder: Path) -> LlavaLLM:
    made = load_llm(f"local:{folder}", device="cpu", max_tokens=LENGTH)
    assert isinstance(made, LlavaLLM)
    return made


@pytest.fixture(scope="module")
def images() -> list[Image.Image]:
    drawn = np.random.default_rng(0).integers(0, 255, (3, 80, 90, 3), np.uint8)
    return [Image.fromarray(pixels) for pixels in drawn]


def asked(text: str, *images: Image.Image) -> list[ChatMessage]:
    blocks = [image_block(Picture.of(image)) for image in images]
    return [ChatMessage(role="user", blocks=[*blocks, TextBlock(text=text)])]


@pytest.fixture(scope="module")
def questions(images: list[Image.Image]) -> list[list[ChatMessage]]:
    """Without a picture, with one, and with three, of different lengths."""
    return [asked("Hello"), asked("What is there?", images[0]), asked("What do they show, one by one?", *images)]


async def together(pieces: Any) -> str:
    return "".join([piece.delta or "" async for piece in await pieces])


# -- answers --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", [0, 1, 2])
def test_all_ways_give_the_same_answer(llm: LlavaLLM, questions: list[list[ChatMessage]], place: int) -> None:
    question = questions[place]
    answer = llm.chat(question).message.content
    assert answer and len(answer) >= LENGTH // 2
    assert llm.chat(question).message.content == answer
    *_, last = heard = list(llm.stream_chat(question))
    assert "".join(piece.delta or "" for piece in heard).strip() == answer == (last.message.content or "").strip()
    assert len(heard) > 1
    assert asyncio.run(llm.achat(question)).message.content == answer
    assert asyncio.run(together(llm.astream_chat(question))).strip() == answer


def test_completions(llm: LlavaLLM) -> None:
    answer = llm.chat(asked("Hello")).message.content
    assert llm.complete("Hello").text == answer
    assert [piece.text for piece in llm.stream_complete("Hello")][-1].strip() == answer
    assert asyncio.run(llm.acomplete("Hello")).text == answer
    assert asyncio.run(together(llm.astream_complete("Hello"))).strip() == answer


def test_pictures_and_their_order_matter(llm: LlavaLLM, images: list[Image.Image]) -> None:
    orders = [images[:1], images[1:2], images[:2], [images[1], images[0]]]
    answers = {str(llm.chat(asked("What is there?", *order)).message.content) for order in orders}
    assert len(answers) == 4


def test_a_batch_equals_its_parts(llm: LlavaLLM, questions: list[list[ChatMessage]]) -> None:
    batch = llm.chat_batch(questions)
    for question, response in zip(questions, batch, strict=True):
        alone = llm.chat(question)
        assert response.message.content == alone.message.content
        assert response.additional_kwargs == alone.additional_kwargs
        assert response.raw["token_logprobs"] == pytest.approx(alone.raw["token_logprobs"], abs=1e-3)
    assert llm.chat_batch([]) == []


def test_tokens_and_log_probabilities(llm: LlavaLLM, questions: list[list[ChatMessage]]) -> None:
    for pictures, question in zip((0, 1, 3), questions, strict=True):
        response = llm.chat(question)
        counts, raw = response.additional_kwargs, response.raw
        assert counts["prompt_tokens"] == llm.count_tokens(question) > pictures * TOKENS
        assert counts["completion_tokens"] == len(raw["token_logprobs"]) <= LENGTH
        assert max(raw["token_logprobs"]) <= 0
        assert raw["finish_reason"] == ("length" if len(raw["token_logprobs"]) == LENGTH else "stop")
        assert raw["mean_logprob"] == pytest.approx(np.mean(raw["token_logprobs"]))
    without, with_three = asked("What do they show, one by one?"), questions[2]
    assert llm.count_tokens(with_three) - llm.count_tokens(without) >= 3 * TOKENS


def test_drawing_repeats_by_seed(llm: LlavaLLM, questions: list[list[ChatMessage]]) -> None:
    def drawn(seed: int) -> str:
        return str(llm.chat(questions[1], temperature=1.5, seed=seed).message.content)

    assert drawn(1) == drawn(1) != drawn(2)
    streamed = "".join(piece.delta or "" for piece in llm.stream_chat(questions[1], temperature=1.5, seed=1))
    assert streamed.strip() == drawn(1)


def test_the_metadata_is_the_models(llm: LlavaLLM, folder: Path) -> None:
    assert llm.metadata.context_window == WINDOW and llm.metadata.is_chat_model and llm.metadata.num_output == LENGTH
    assert llm.metadata.model_name == str(folder)


def test_earlier_turns_and_systems_count(llm: LlavaLLM, questions: list[list[ChatMessage]]) -> None:
    earlier = [
        ChatMessage(role="system", content="Be brief."),
        *questions[1],
        ChatMessage(role="assistant", content="A cup."),
    ]
    longer = [*earlier, *asked("And beside it?")]
    assert llm.count_tokens(longer) > llm.count_tokens(questions[1])
    assert llm.chat(longer).message.content != llm.chat(asked("And beside it?")).message.content


# -- threads --------------------------------------------------------------------------------------------------------------


def test_the_event_loop_goes_on(llm: LlavaLLM, questions: list[list[ChatMessage]]) -> None:
    async def beside(work: Any) -> int:
        task, ticks = asyncio.ensure_future(work), 0
        while not task.done():
            await asyncio.sleep(0.001)
            ticks += 1
        assert task.result()
        return ticks

    async def both() -> tuple[int, int]:
        whole = await beside(llm.achat(questions[1], max_tokens=150))
        return whole, await beside(together(llm.astream_chat(questions[1], max_tokens=150)))

    assert min(asyncio.run(both())) > 10


def workers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "clipverify-llava"]


def test_leaving_a_stream_ends_the_work(llm: LlavaLLM, questions: list[list[ChatMessage]]) -> None:
    pieces = llm.stream_chat(questions[1], max_tokens=900)
    assert next(pieces).delta and len(workers()) == 1
    pieces.close()
    assert not workers()

    async def leave() -> None:
        answer = await llm.astream_chat(questions[1], max_tokens=900)
        assert (await anext(answer)).delta and len(workers()) == 1
        await answer.aclose()

    asyncio.run(leave())
    assert not workers()


def test_threads_share_a_model(llm: LlavaLLM, questions: list[list[ChatMessage]]) -> None:
    answers: list[str] = []
    threads = [
        threading.Thread(target=lambda: answers.append(str(llm.chat(questions[1]).message.content))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [llm.chat(questions[1]).message.content] * 4


# -- faults ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["/no/such/folder", "./nowhere"])
def test_a_missing_model_is_one_line(name: str) -> None:
    with pytest.raises(ModelError, match=r"cannot be loaded; got .*; give a hub id or the folder") as told:
        LlavaLLM(model=name, device="cpu").chat(asked("Hello"))
    assert "\n" not in str(told.value)


def test_a_model_that_sees_nothing_is_refused(tmp_path: Path) -> None:
    from transformers import LlamaConfig, LlamaForCausalLM

    shape = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    LlamaForCausalLM(LlamaConfig(**shape, vocab_size=300)).save_pretrained(tmp_path)
    plain_tokenizer().save_pretrained(tmp_path)
    with pytest.raises(ModelError, match=r"does not see pictures|cannot be loaded"):
        LlavaLLM(model=str(tmp_path), device="cpu").chat(asked("Hello"))


def test_a_prompt_beyond_the_window(llm: LlavaLLM, images: list[Image.Image]) -> None:
    for long in (asked("zebra " * WINDOW), asked("What is there?", *images * 25)):
        with pytest.raises(DataError, match=f"longer than the model's window; got .* tokens, {WINDOW} fit"):
            llm.chat(long)
        with pytest.raises(DataError, match="longer than the model's window"):
            list(llm.stream_chat(long))


def test_paths_and_urls_need_leave(llm: LlavaLLM, folder: Path, scene_file: Path) -> None:
    message = [ChatMessage(role="user", blocks=[ImageBlock(path=scene_file), TextBlock(text="What is there?")])]
    with pytest.raises(PictureError, match="may not be opened"):
        llm.chat(message)
    with pytest.raises(PictureError, match="URLs are not opened"):
        llm.chat([ChatMessage(role="user", blocks=[ImageBlock(url="http://127.0.0.1:9/a.png")])])
    leave = LlavaLLM(model=str(folder), device="cpu", max_tokens=LENGTH, folders=[str(scene_file.parent)])
    inline = asked("What is there?", Picture.of(scene_file).image)
    assert leave.chat(message).message.content == llm.chat(inline).message.content


def test_sounds_are_refused(llm: LlavaLLM) -> None:
    with pytest.raises(DataError, match="reads text and pictures; got AudioBlock"):
        llm.chat([ChatMessage(role="user", blocks=[AudioBlock(audio=b"RIFF")])])


def test_a_model_too_large_for_memory_is_not_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_LLAVAS", WeakValueDictionary())
    monkeypatch.setattr(llava_module, "_free", lambda device: 1e5)
    with pytest.raises(ModelError, match=r"does not fit into memory; got .* 0\.0 GB free on cpu; take a smaller model"):
        LlavaLLM(model=str(folder), device="cpu").chat(asked("Hello"))
    monkeypatch.setattr(llava_module, "_free", lambda device: None)
    assert LlavaLLM(model=str(folder), device="cpu", max_tokens=2).chat(asked("Hello")).message.content


def test_memory_that_runs_out_is_one_error(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh = LlavaLLM(model=str(folder), device="cpu", max_tokens=2)

    def full(**inputs: object) -> None:
        raise MemoryError

    monkeypatch.setattr(fresh.llava.model, "generate", full)
    for ask in (fresh.chat, lambda question: list(fresh.stream_chat(question))):
        with pytest.raises(ModelError, match="memory will not do"):
            ask(asked("Hello"))


@pytest.mark.parametrize(
    ("bits", "kind", "text"), [(4, ModelError, "needs a CUDA device"), (3, DataError, "no such quantisation")]
)
def test_quantisation_says_what_it_needs(folder: Path, bits: int, kind: type[Exception], text: str) -> None:
    with pytest.raises(kind, match=text):
        LlavaLLM(model=str(folder), device="cpu", quantize=bits).chat(asked("Hello"))


# -- storing --------------------------------------------------------------------------------------------------------------


def test_it_is_stored_without_the_model(llm: LlavaLLM, caplog: pytest.LogCaptureFixture) -> None:
    answer = llm.chat(asked("Hello")).message.content
    stored = pickle.dumps(llm)
    assert len(stored) < 5000 and not caplog.records
    for again in (pickle.loads(stored), LlavaLLM.from_dict(llm.to_dict()), LlavaLLM.from_json(llm.to_json())):
        assert again.model == llm.model and again._loaded is None
        assert again.chat(asked("Hello")).message.content == answer
    assert llm.chat(asked("Hello")).message.content == answer


@pytest.mark.parametrize("name", ["local:", "nonsense", "openai:model-without-server"])
def test_names_that_mean_nothing(name: str) -> None:
    with pytest.raises(DataError, match="give"):
        load_llm(name)

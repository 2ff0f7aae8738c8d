"""Vision language models through transformers: any ``AutoModelForImageTextToText`` by hub id or folder."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from queue import Empty
from threading import Event, RLock, Thread
from typing import Any

import torch
from PIL import Image
from transformers import (
    AutoConfig,
    AutoModelForImageTextToText,
    AutoProcessor,
    StoppingCriteria,
    StoppingCriteriaList,
    TextIteratorStreamer,
)

from llamaindex_clipverify.errors import DataError, ModelError
from llamaindex_clipverify.models.conversation import Conversation, Generated
from llamaindex_clipverify.models.identity import identity
from llamaindex_clipverify.models.pretrained import from_pretrained
from llamaindex_clipverify.models.registry import tiny_folder

_SMALLER = "take a smaller model, quantize=4 on a CUDA device, or another device="
_CHAT = (
    "{% for message in messages %}{{ message['role'].upper() }}: {% for part in message['content'] %}"
    "{% if part['type'] == 'image' %}<image>\n{% else %}{{ part['text'] }}{% endif %}{% endfor %} {% endfor %}"
    "{% if add_generation_prompt %}ASSISTANT:{% endif %}"
)
"""Chat template of LLaVA 1.5, for processors without one."""


class Llava:
    """A local vision language model; weights are read on first use, calls are serialised."""

    def __init__(
        self,
        name: str,
        *,
        device: str | None = None,
        dtype: str | None = None,
        quantize: int | None = None,
        trust_remote_code: bool = False,
    ) -> None:
        """Store the settings; nothing is loaded yet.

        Args:
            name: ``tiny``, a hub id, or a folder.
            device: torch device. Default: CUDA, then Apple's MPS, then the CPU.
            dtype: torch dtype name. Default: bfloat16 or float16 on a GPU, float32 on a CPU.
            quantize: 4 or 8 bits per weight through bitsandbytes (CUDA only). Default: none.
            trust_remote_code: Whether code shipped with the model may run.
        """
        if quantize not in (None, 4, 8):
            raise DataError("no such quantisation", got=quantize, do="give 4, 8 or None")
        self.name = str(tiny_folder() / "llava") if name == "tiny" else name
        self.device = device or _best_device()
        self.dtype = dtype or _best_dtype(self.device)
        self.quantize, self.trust_remote_code = quantize, trust_remote_code
        self.lock = RLock()

    @cached_property
    def id(self) -> str:
        """See `identity`."""
        return identity(self.name)

    @cached_property
    def config(self) -> Any:
        """The transformers configuration."""
        return self._read(AutoConfig)

    @cached_property
    def processor(self) -> Any:
        """The transformers processor."""
        processor = self._read(AutoProcessor)
        if not hasattr(processor, "image_processor"):
            raise ModelError(
                "the model does not see pictures", got=self.name, do="take a LLaVA or another vision model"
            )
        processor.tokenizer.padding_side = "left"
        if getattr(processor, "patch_size", 0) is None:
            self._complete(processor)
        if getattr(processor, "chat_template", None) is None:
            processor.chat_template = _CHAT
        return processor

    def _complete(self, processor: Any) -> None:
        """Set the number of tokens per picture in processors of the first LLaVA checkpoints, which lack it."""
        processor.patch_size = self.config.vision_config.patch_size
        processor.vision_feature_select_strategy = self.config.vision_feature_select_strategy
        processor.num_additional_image_tokens = int("clip" in self.config.vision_config.model_type)

    @cached_property
    def model(self) -> Any:
        """The transformers model, in eval mode on its device."""
        with self.lock:
            self._check_memory()
            options: dict[str, Any] = {"dtype": getattr(torch, self.dtype)}
            if self.quantize is not None:
                options["quantization_config"] = self._quantization()
                options["device_map"] = self.device
            with _out_of_memory(self.name):
                model = self._read(AutoModelForImageTextToText, **options)
                return model.eval() if self.quantize else model.eval().to(self.device)

    @property
    def context_window(self) -> int:
        """Return the maximum number of tokens of prompt and answer together."""
        text = self.config.get_text_config()
        return int(getattr(text, "max_position_embeddings", 4096))

    # -- answers ------------------------------------------------------------------------------------------------------

    def generate(
        self,
        conversations: Sequence[Conversation],
        max_new_tokens: int = 256,
        temperature: float = 0.0,
        seed: int | None = None,
    ) -> list[Generated]:
        """Answer conversations in one batch.

        Args:
            conversations: Messages so far; each conversation ends with a user message.
            max_new_tokens: Maximum number of tokens of an answer.
            temperature: 0 is greedy decoding; above 0, tokens are sampled.
            seed: Random seed of sampling; the same seed gives the same answers on the same machine.

        Raises:
            DataError: A prompt is longer than the model's window.
            ModelError: The model cannot be loaded, or memory is too small.
        """
        if not conversations:
            return []
        inputs = self._inputs(conversations)
        with self.lock, _seeded(seed, self.device), _out_of_memory(self.name), torch.inference_mode():
            out = self.model.generate(
                **inputs, **self._how(max_new_tokens, temperature), return_dict_in_generate=True, output_logits=True
            )
        return self._answers(out, inputs, max_new_tokens)

    def stream(
        self,
        conversation: Conversation,
        max_new_tokens: int = 256,
        temperature: float = 0.0,
        seed: int | None = None,
    ) -> Iterator[str]:
        """Yield an answer piece by piece; arguments and errors as for `generate`. Closing the iterator stops generation."""
        inputs = self._inputs([conversation])
        streamer = TextIteratorStreamer(
            self.processor.tokenizer, skip_prompt=True, timeout=0.2, skip_special_tokens=True
        )
        stop, errors = Event(), []

        def work() -> None:
            try:
                with self.lock, _seeded(seed, self.device), _out_of_memory(self.name), torch.inference_mode():
                    self.model.generate(
                        **inputs,
                        **self._how(max_new_tokens, temperature),
                        streamer=streamer,
                        stopping_criteria=StoppingCriteriaList([_Until(stop)]),
                    )
            except Exception as error:  # noqa: BLE001 - it is raised where the stream is read
                errors.append(error)
            finally:
                streamer.end()

        thread = Thread(target=work, daemon=True, name="clipverify-llava")
        thread.start()
        try:
            yield from _pieces(streamer, thread)
        finally:
            stop.set()
            thread.join()
        if errors:
            raise errors[0]

    def count(self, conversation: Conversation) -> int:
        """Return the prompt's tokens, pictures included, as the model's own processor makes them."""
        return int(self._encoded([conversation])["input_ids"].shape[1])

    # -- inside -------------------------------------------------------------------------------------------------------

    def _read(self, family: Any, **options: Any) -> Any:
        what = "the vision model cannot be loaded"
        do = "give a hub id or the folder of a vision model (AutoModelForImageTextToText)"
        return from_pretrained(family, self.name, what=what, do=do, trust_remote_code=self.trust_remote_code, **options)

    def _quantization(self) -> Any:
        if not self.device.startswith("cuda"):
            raise ModelError("quantisation needs a CUDA device", got=self.device, do="leave quantize= out")
        try:
            import bitsandbytes  # noqa: F401
            from transformers import BitsAndBytesConfig
        except ModuleNotFoundError as error:
            raise ModelError("quantisation needs bitsandbytes", do="pip install bitsandbytes") from error
        if self.quantize == 8:
            return BitsAndBytesConfig(load_in_8bit=True)
        return BitsAndBytesConfig(load_in_4bit=True, bnb_4bit_compute_dtype=getattr(torch, self.dtype))

    def _check_memory(self) -> None:
        """Raise if a local model cannot fit into memory, before minutes are spent on reading it."""
        folder = Path(self.name)
        if not folder.is_dir():
            return
        stored = sum(file.stat().st_size for file in folder.iterdir() if file.suffix in (".safetensors", ".bin"))
        saved = str(getattr(self.config, "dtype", None) or "float16")
        needed = stored * _bytes(self.dtype) / _bytes(saved)
        if self.quantize is not None:
            needed = stored * self.quantize / (8 * _bytes(saved))
        free = _free(self.device)
        if free is not None and needed > free:
            got = f"{self.name}: {needed / 1e9:.1f} GB of weights as {self.dtype}, {free / 1e9:.1f} GB free on {self.device}"
            raise ModelError("the model does not fit into memory", got=got, do=_SMALLER)

    def _encoded(self, conversations: Sequence[Conversation]) -> Any:
        mark = getattr(self.processor, "image_token", None)
        talks = [
            [{"role": role, "content": [_content(part, mark) for part in content]} for role, content in conversation]
            for conversation in conversations
        ]
        return self.processor.apply_chat_template(
            talks,
            tokenize=True,
            return_dict=True,
            return_tensors="pt",
            add_generation_prompt=True,
            processor_kwargs={"padding": True},
        )

    def _inputs(self, conversations: Sequence[Conversation]) -> dict[str, Any]:
        inputs = self._encoded(conversations)
        length = int(inputs["input_ids"].shape[1])
        if length >= self.context_window:
            raise DataError(
                "the prompt is longer than the model's window",
                got=f"{length} tokens, {self.context_window} fit",
                do="give fewer or smaller pictures, or shorter passages",
            )
        dtype = self.model.dtype
        moved = {key: value.to(self.device) for key, value in inputs.items() if isinstance(value, torch.Tensor)}
        return {key: value.to(dtype) if value.is_floating_point() else value for key, value in moved.items()}

    def _how(self, max_new_tokens: int, temperature: float) -> dict[str, Any]:
        tokenizer = self.processor.tokenizer
        pad = tokenizer.pad_token_id if tokenizer.pad_token_id is not None else tokenizer.eos_token_id
        how: dict[str, Any] = {"max_new_tokens": max_new_tokens, "do_sample": temperature > 0, "pad_token_id": pad}
        if temperature > 0:
            how["temperature"] = temperature
        return how

    def _answers(self, out: Any, inputs: dict[str, Any], limit: int) -> list[Generated]:
        start = int(inputs["input_ids"].shape[1])
        said = out.sequences[:, start:]
        scores = torch.stack([step.float().log_softmax(-1) for step in out.logits], dim=1)
        chosen = scores.gather(-1, said[..., None])[..., 0]
        ends = self._ends()
        answers = []
        for row, tokens in enumerate(said.tolist()):
            stop = next((place + 1 for place, token in enumerate(tokens) if token in ends), None)
            length = stop or len(tokens)
            answers.append(
                Generated(
                    text=self.processor.tokenizer.decode(tokens[:length], skip_special_tokens=True).strip(),
                    token_logprobs=tuple(float(value) for value in chosen[row, :length]),
                    prompt_tokens=int(inputs["attention_mask"][row].sum()),
                    finish="length" if stop is None and len(tokens) >= limit else "stop",
                )
            )
        return answers

    def _ends(self) -> set[int]:
        configured = self.model.generation_config.eos_token_id
        listed = configured if isinstance(configured, list) else [configured]
        return {token for token in (*listed, self.processor.tokenizer.eos_token_id) if token is not None}


class _Until(StoppingCriteria):  # type: ignore[misc]
    """Stops generation when the reader has closed the stream."""

    def __init__(self, stop: Event) -> None:
        self.stop = stop

    def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
        return torch.full((input_ids.shape[0],), self.stop.is_set(), dtype=torch.bool, device=input_ids.device)


def _pieces(streamer: Any, thread: Thread) -> Iterator[str]:
    """Yield the streamer's text until generation ends."""
    first = True
    while True:
        try:
            piece = next(streamer)
        except StopIteration:
            return
        except Empty:
            if not thread.is_alive() and streamer.text_queue.empty():
                return
            continue
        piece = piece.lstrip() if first else piece
        first = first and not piece
        if piece:
            yield piece


def _content(part: str | Image.Image, mark: str | None) -> dict[str, Any]:
    """Return a part of a message; picture placeholders inside texts are broken up."""
    if not isinstance(part, str):
        return {"type": "image", "image": part}
    return {"type": "text", "text": part.replace(mark, f"{mark[0]} {mark[1:]}") if mark else part}


def _best_device() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _best_dtype(device: str) -> str:
    if device.startswith("cuda"):
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
    return "float16" if device == "mps" else "float32"


def _bytes(dtype: str) -> int:
    return int(getattr(torch, dtype.removeprefix("torch.")).itemsize)


def _free(device: str) -> float | None:
    """Return the free bytes on a device, or None if unknown."""
    if device.startswith("cuda"):
        return float(torch.cuda.mem_get_info(device)[0])
    try:
        lines = Path("/proc/meminfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    available = next((line for line in lines if line.startswith("MemAvailable")), None)
    return float(available.split()[1]) * 1024 if available else None


@contextmanager
def _seeded(seed: int | None, device: str) -> Iterator[None]:
    """Seed the random numbers inside and restore the global state afterwards."""
    if seed is None:
        yield
        return
    devices = [torch.device(device)] if device.startswith("cuda") else []
    with torch.random.fork_rng(devices=devices):
        torch.manual_seed(seed)
        yield


@contextmanager
def _out_of_memory(name: str) -> Iterator[None]:
    try:
        yield
    except (torch.OutOfMemoryError, MemoryError) as error:
        raise ModelError("memory will not do for the model", got=name, do=_SMALLER) from error

"""Vision models by name: returns the LlamaIndex LLM of a name. The entry-point group below adds others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, TextBlock
from llama_index.core.llms import LLM

from llamaindex_clipverify.errors import DataError, MissingExtraError
from llamaindex_clipverify.llama_index.messages import image_block
from llamaindex_clipverify.models.conversation import Conversation, Generated
from llamaindex_clipverify.models.protocols import VisionModel
from llamaindex_clipverify.models.registry import entry_point
from llamaindex_clipverify.picture import Picture

LLMS = "llamaindex_clipverify.llms"
"""Entry-point group: name to a callable that takes what follows ``name:`` and options, and returns an LLM."""
_FORMS = "give tiny, local:ID_OR_FOLDER, together:MODEL, or openai:MODEL@URL"


def load_llm(name: str | LLM, **options: Any) -> LLM:
    """Return the LLM of a name; weights are read, and servers contacted, on first use.

    Args:
        name: ``tiny`` (the bundled LLaVA, which knows drawn scenes only), ``local:ID_OR_FOLDER`` (transformers),
            ``together:MODEL`` (Together; the key from ``TOGETHER_API_KEY``), ``openai:MODEL@URL`` (any OpenAI-compatible
            server; the key from ``OPENAI_API_KEY``), or ``NAME:REST`` of an entry point. An LLM is returned as it is.
        **options: Passed to the LLM.

    Raises:
        DataError: The name is none of these.
        MissingExtraError: The library behind it is not installed.
    """
    if isinstance(name, LLM):
        return name
    scheme, _, rest = name.partition(":")
    if name == "tiny":
        return _local("tiny", **options)
    make = _MAKERS.get(scheme) or entry_point(LLMS, scheme)
    if make is None or not rest:
        raise DataError("no such LLM", got=name, do=_FORMS)
    return make(rest, **options)


def _local(model: str, **options: Any) -> LLM:
    from llamaindex_clipverify.llama_index.llava import LlavaLLM

    return LlavaLLM(model=model, **options)


def _together(model: str, **options: Any) -> LLM:
    from llamaindex_clipverify.llama_index.together import TogetherVisionLLM

    return TogetherVisionLLM(model=model, **options)


def _openai(name: str, **options: Any) -> LLM:
    model, at, url = name.rpartition("@")
    if not at:
        raise DataError("an OpenAI-compatible model needs its server", got=f"openai:{name}", do="give openai:MODEL@URL")
    try:
        from llamaindex_clipverify.llama_index.openai import OpenAICompatibleLLM
    except ModuleNotFoundError as error:
        raise MissingExtraError("llama-index-llms-openai-like", "openai") from error
    import os

    settings: dict[str, Any] = {
        "is_chat_model": True,
        "context_window": 8192,
        "temperature": 0.0,
        "api_key": os.environ.get("OPENAI_API_KEY", "none"),
        **options,
    }
    base = url.rstrip("/")
    llm: LLM = OpenAICompatibleLLM(model=model, api_base=base if base.endswith("/v1") else f"{base}/v1", **settings)
    return llm


_MAKERS: dict[str, Callable[..., LLM]] = {"local": _local, "together": _together, "openai": _openai}


def vision_model(llm: LLM) -> VisionModel:
    """Return a batch generator for an LLM: the local model itself, or concurrent chat calls."""
    local: VisionModel | None = getattr(llm, "llava", None)
    return local if local is not None else _Chats(llm)


@dataclass(frozen=True)
class _Chats:
    """An LLM on a server, called from a few threads."""

    llm: LLM
    at_once: int = 4

    def generate(
        self,
        conversations: Sequence[Conversation],
        max_new_tokens: int = 256,
        temperature: float = 0.0,
        seed: int | None = None,
    ) -> list[Generated]:
        """Answer each conversation by one call."""
        how: dict[str, Any] = {"max_tokens": max_new_tokens, "temperature": temperature}
        if seed is not None:
            how["seed"] = seed
        with ThreadPoolExecutor(self.at_once) as pool:
            return list(pool.map(lambda one: self._answer(one, how), conversations))

    def _answer(self, conversation: Conversation, how: dict[str, Any]) -> Generated:
        messages = [
            ChatMessage(
                role=role,
                blocks=[
                    TextBlock(text=part) if isinstance(part, str) else image_block(Picture.of(part)) for part in parts
                ],
            )
            for role, parts in conversation
        ]
        return Generated(text=(self.llm.chat(messages, **how).message.content or "").strip())

"""Integration with LlamaIndex. Each name is imported on first access."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from llamaindex_clipverify.llama_index.chat import ClipVerifyChatEngine as ClipVerifyChatEngine
    from llamaindex_clipverify.llama_index.embedding import ClipVerifyEmbedding as ClipVerifyEmbedding
    from llamaindex_clipverify.llama_index.evaluation import ClipVerifyEvaluationResult as ClipVerifyEvaluationResult
    from llamaindex_clipverify.llama_index.evaluation import ClipVerifyEvaluator as ClipVerifyEvaluator
    from llamaindex_clipverify.llama_index.ingestion import ClipVerifyIngestion as ClipVerifyIngestion
    from llamaindex_clipverify.llama_index.llava import LlavaLLM as LlavaLLM
    from llamaindex_clipverify.llama_index.llms import load_llm as load_llm
    from llamaindex_clipverify.llama_index.pages import PdfPageReader as PdfPageReader
    from llamaindex_clipverify.llama_index.postprocessor import ClipVerifyPostprocessor as ClipVerifyPostprocessor
    from llamaindex_clipverify.llama_index.query_engine import ClipVerifyQueryEngine as ClipVerifyQueryEngine
    from llamaindex_clipverify.llama_index.relevancy import ClipVerifyRelevancyEvaluator as ClipVerifyRelevancyEvaluator
    from llamaindex_clipverify.llama_index.relevancy import ClipVerifyRetrievalEvaluator as ClipVerifyRetrievalEvaluator
    from llamaindex_clipverify.llama_index.response import get_report as get_report
    from llamaindex_clipverify.llama_index.response import pictures_of as pictures_of
    from llamaindex_clipverify.llama_index.response import verify_response as verify_response
    from llamaindex_clipverify.llama_index.retriever import ClipVerifyRetriever as ClipVerifyRetriever
    from llamaindex_clipverify.llama_index.splitter import LLMSplitter as LLMSplitter
    from llamaindex_clipverify.llama_index.synthesizer import LlavaSynthesizer as LlavaSynthesizer
    from llamaindex_clipverify.llama_index.together import TogetherVisionLLM as TogetherVisionLLM
    from llamaindex_clipverify.llama_index.tools import verified_tool as verified_tool
    from llamaindex_clipverify.llama_index.verified_synthesizer import ClipVerifySynthesizer as ClipVerifySynthesizer
    from llamaindex_clipverify.llama_index.workflow import ClipVerifyStep as ClipVerifyStep
    from llamaindex_clipverify.llama_index.workflow import ClipVerifyWorkflow as ClipVerifyWorkflow
    from llamaindex_clipverify.llama_index.workflow import ToVerifyEvent as ToVerifyEvent
    from llamaindex_clipverify.llama_index.workflow import VerifiedEvent as VerifiedEvent
    from llamaindex_clipverify.llama_index.workflow import guardrail as guardrail

_HOMES = {
    "ClipVerifyChatEngine": "chat",
    "ClipVerifyEmbedding": "embedding",
    "ClipVerifyEvaluationResult": "evaluation",
    "ClipVerifyEvaluator": "evaluation",
    "ClipVerifyIngestion": "ingestion",
    "ClipVerifyPostprocessor": "postprocessor",
    "ClipVerifyQueryEngine": "query_engine",
    "ClipVerifyRelevancyEvaluator": "relevancy",
    "ClipVerifyRetrievalEvaluator": "relevancy",
    "ClipVerifyRetriever": "retriever",
    "ClipVerifyStep": "workflow",
    "ClipVerifySynthesizer": "verified_synthesizer",
    "ClipVerifyWorkflow": "workflow",
    "LLMSplitter": "splitter",
    "LlavaLLM": "llava",
    "LlavaSynthesizer": "synthesizer",
    "ToVerifyEvent": "workflow",
    "PdfPageReader": "pages",
    "TogetherVisionLLM": "together",
    "VerifiedEvent": "workflow",
    "get_report": "response",
    "guardrail": "workflow",
    "load_llm": "llms",
    "pictures_of": "response",
    "verified_tool": "tools",
    "verify_response": "response",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Import a public name on first access."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

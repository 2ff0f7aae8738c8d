"""Which words of a multimodal RAG answer the pictures do not support, how sure that is, and why."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from llamaindex_clipverify.answer import Answer as Answer
    from llamaindex_clipverify.claim import Claim as Claim
    from llamaindex_clipverify.description import Describer as Describer
    from llamaindex_clipverify.errors import ClipVerifyError as ClipVerifyError
    from llamaindex_clipverify.evidence import Evidence as Evidence
    from llamaindex_clipverify.index import EvidenceIndex as EvidenceIndex
    from llamaindex_clipverify.korean import KoreanSplitter as KoreanSplitter
    from llamaindex_clipverify.picture import Picture as Picture
    from llamaindex_clipverify.profile import Profile as Profile
    from llamaindex_clipverify.prompts import Prompts as Prompts
    from llamaindex_clipverify.report import Report as Report
    from llamaindex_clipverify.splitter import EnglishSplitter as EnglishSplitter
    from llamaindex_clipverify.verdict import Policy as Policy
    from llamaindex_clipverify.verifier import Verifier as Verifier

_HOMES = {
    "Answer": "answer",
    "Claim": "claim",
    "ClipVerifyError": "errors",
    "Describer": "description",
    "EnglishSplitter": "splitter",
    "Evidence": "evidence",
    "EvidenceIndex": "index",
    "KoreanSplitter": "korean",
    "Picture": "picture",
    "Policy": "verdict",
    "Profile": "profile",
    "Prompts": "prompts",
    "Report": "report",
    "Verifier": "verifier",
}
__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    """Import a public noun when it is first asked for: importing the package costs neither torch nor transformers."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)

"""Which words of a multimodal RAG answer the pictures do not support, how sure that is, and why."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from llamaindex_clipverify.answer import Answer as Answer
    from llamaindex_clipverify.claims.claim import Claim as Claim
    from llamaindex_clipverify.claims.english.splitter import EnglishSplitter as EnglishSplitter
    from llamaindex_clipverify.claims.korean import KoreanSplitter as KoreanSplitter
    from llamaindex_clipverify.description import Describer as Describer
    from llamaindex_clipverify.errors import ClipVerifyError as ClipVerifyError
    from llamaindex_clipverify.evidence.evidence import Evidence as Evidence
    from llamaindex_clipverify.index.index import EvidenceIndex as EvidenceIndex
    from llamaindex_clipverify.picture import Picture as Picture
    from llamaindex_clipverify.prompts import Prompts as Prompts
    from llamaindex_clipverify.report.report import Report as Report
    from llamaindex_clipverify.trust.profile import Profile as Profile
    from llamaindex_clipverify.trust.verdict import Policy as Policy
    from llamaindex_clipverify.verification.verifier import Verifier as Verifier

_HOMES = {
    "Answer": "answer",
    "Claim": "claims.claim",
    "ClipVerifyError": "errors",
    "Describer": "description",
    "EnglishSplitter": "claims.english.splitter",
    "Evidence": "evidence.evidence",
    "EvidenceIndex": "index.index",
    "KoreanSplitter": "claims.korean",
    "Picture": "picture",
    "Policy": "trust.verdict",
    "Profile": "trust.profile",
    "Prompts": "prompts",
    "Report": "report.report",
    "Verifier": "verification.verifier",
}
__all__ = ["__version__", *_HOMES]


def __getattr__(name: str) -> Any:
    """Import a public class on first access, so that importing the package loads neither torch nor transformers."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return sorted(__all__)

"""The report on an answer, and every form it is shown in: terminal, Markdown, HTML, figures."""

from llamaindex_clipverify.report.report import CheckedClaim, ClaimMap, ObjectAgreement, Report
from llamaindex_clipverify.report.saving import save_all

__all__ = ["CheckedClaim", "ClaimMap", "ObjectAgreement", "Report", "save_all"]

"""The settings ``folders`` and ``allow_urls`` of serialisable LlamaIndex components."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from llama_index.core.bridge.pydantic import BaseModel, Field, field_validator

from llamaindex_clipverify.node_pictures import Access


class AccessFields(BaseModel):
    """Fields that say which paths and URLs may be opened. Default: none; bytes and base64 are always read."""

    folders: list[str] = Field(default_factory=list, description="Paths are opened only inside these folders.")
    allow_urls: bool = Field(default=False, description="Whether http(s) URLs may be fetched.")
    allow_private: bool = Field(
        default=False, description="Whether such URLs may lead to this machine or a private network."
    )

    @field_validator("folders", mode="before")
    @classmethod
    def _listed(cls, folders: Any) -> Any:
        """Take a single folder for a list of one."""
        listed = [folders] if isinstance(folders, (str, Path)) else folders or ()
        return [str(one) if isinstance(one, Path) else one for one in listed]

    @property
    def access(self) -> Access:
        """The fields as one value."""
        return Access(self.folders, self.allow_urls, self.allow_private)

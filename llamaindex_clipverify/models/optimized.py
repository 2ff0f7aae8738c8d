"""The record in the folder of an optimized model: its original, precision, and agreement with the original."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.boundary.failures import reason
from llamaindex_clipverify.boundary.records import record as read_record
from llamaindex_clipverify.errors import DataError, ModelError
from llamaindex_clipverify.models.identity import place_of
from llamaindex_clipverify.models.registry import RECORD

SCHEMA = 1
Kind = Literal["encoder", "detector"]
_MAKE = "make one: clipverify optimize MODELS --out FOLDER"


@dataclass(frozen=True, kw_only=True)
class Record:
    """The JSON next to the ``.onnx`` files of one model."""

    kind: Kind
    name: str
    """Name of the original model, without its fingerprint."""
    made_of: str
    """Id of the original."""
    precision: Mapping[str, str]
    """File name without suffix to ``fp32`` or ``int8``."""
    opset: int
    """Version of the ONNX operators."""
    date: str
    """ISO 8601 day."""
    versions: Mapping[str, str]
    """Library to the version used."""
    settings: Mapping[str, Any]
    """Settings needed to run it: ``logit_scale`` and ``width``, or ``labels``, ``imgsz`` and ``end_to_end``."""
    likeness: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """File name without suffix to ``mean`` and ``least`` agreement with the original, 0–1."""

    def save(self, folder: Path) -> None:
        """Write it into a folder."""
        text = json.dumps({"schema": SCHEMA, **asdict(self)}, indent=1, ensure_ascii=False)
        files.write_text(folder / RECORD, text + "\n")

    @classmethod
    def load(cls, folder: Path, kind: Kind) -> Record:
        """Read the record of a model's own folder (see `find`).

        Raises:
            ModelError: It is missing, not whole, of another schema, or of the other kind of model.
        """
        try:
            data = json.loads(files.text(folder / RECORD))
            schema = data.pop("schema", None)
            record = read_record(cls, data, f"no optimized {kind} there") if schema == SCHEMA else None
        except (OSError, ValueError, TypeError, AttributeError, RecursionError, DataError) as error:
            raise ModelError(f"no optimized {kind} there", got=f"{folder} ({reason(error)})", do=_MAKE) from error
        if record is None:
            raise ModelError(f"not a record of schema {SCHEMA}", got=folder / RECORD, do="make it again")
        if record.kind != kind:
            raise ModelError(f"not an optimized {kind}", got=f"{folder}, an optimized {record.kind}", do=_MAKE)
        return record


def find(name: str, kind: Kind) -> Path:
    """Return the absolute folder of a model: the one named, or the one of its kind inside."""
    folder = place_of(name).resolve()
    return folder / kind if files.is_folder(folder / kind) else folder

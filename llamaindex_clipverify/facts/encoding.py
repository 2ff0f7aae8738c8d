"""Encodes facts as short texts for the metadata of a database, and back.

The form is JSON followed by the arrays as raw bytes, deflated, in base 64, in pieces of at most `PIECE` characters, because
Chroma Cloud takes 4,096 bytes a value. It is our own instead of safetensors, which has no place for JSON values and would not
shorten it.
"""

from __future__ import annotations

import base64
import json
import math
import zlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.facts.facts import Facts

MOST = 64 * 2**20
"""Maximum size of unpacked facts in bytes."""
PIECE = 4000
"""Maximum length of a piece in characters, all ASCII."""


def pack(facts: Facts, without: Collection[tuple[str, str]] = ()) -> list[str]:
    """Return facts as pieces of text.

    Args:
        facts: Facts of one picture; failures are not encoded.
        without: ``(check, key)`` of arrays that are stored elsewhere.
    """
    arrays: list[bytes] = []
    seen = {
        check: {key: _described(value, arrays) for key, value in one.items() if (check, key) not in without}
        for check, one in facts.seen.items()
    }
    made = {name: list(by) for name, by in facts.made_by.items()}
    head = json.dumps({"picture": facts.picture, "size": list(facts.size), "seen": seen, "made_by": made}).encode()
    raw = len(head).to_bytes(4, "big") + head + b"".join(arrays)
    text = base64.b64encode(zlib.compress(raw, 6)).decode("ascii")
    return [text[start : start + PIECE] for start in range(0, len(text), PIECE)]


def unpack(pieces: Sequence[str]) -> Facts:
    """Return the facts in pieces of text, without the arrays that `pack` left out.

    Raises:
        DataError: The pieces are damaged or incomplete.
    """
    try:
        raw = _inflated(base64.b64decode("".join(pieces), validate=True))
        start = 4 + int.from_bytes(raw[:4], "big")
        head = json.loads(raw[4:start])
        seen = {
            check: {key: _restored(value, raw, start) for key, value in one.items()}
            for check, one in head["seen"].items()
        }
        made = {name: (int(version), str(model)) for name, (version, model) in head["made_by"].items()}
        width, height = (int(side) for side in head["size"])
        return Facts(picture=str(head["picture"]), size=(width, height), seen=seen, made_by=made)
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        OverflowError,
        RecursionError,
        MemoryError,
        zlib.error,
    ) as error:
        raise DataError("stored facts cannot be read", got=repr(error), do="index the picture again") from error


def _inflated(data: bytes) -> bytes:
    """Return what some bytes unpack to; more than `MOST` is an error, before it is in memory."""
    stream = zlib.decompressobj()
    raw = stream.decompress(data, MOST)
    if not stream.eof:
        raise ValueError(f"incomplete, or more than {MOST:,} bytes")
    return raw


def _described(value: Any, arrays: list[bytes]) -> Any:
    if not isinstance(value, np.ndarray):
        return value
    begin = sum(map(len, arrays))
    arrays.append(np.ascontiguousarray(value).tobytes())
    return {"dtype": str(value.dtype), "shape": list(value.shape), "at": begin}


def _restored(value: Any, raw: bytes, start: int) -> Any:
    if not (isinstance(value, Mapping) and set(value) == {"dtype", "shape", "at"}):
        return value
    if value["dtype"] not in _DTYPES or not all(isinstance(side, int) and side >= 0 for side in value["shape"]):
        raise ValueError("an array of an unknown type or shape")
    number = math.prod(value["shape"])
    if not isinstance(value["at"], int) or value["at"] < 0:
        raise ValueError("an array before the beginning")
    if not number:
        return np.zeros(value["shape"], value["dtype"])
    found = np.frombuffer(raw, value["dtype"], number, start + value["at"]).reshape(value["shape"])
    return found.copy()


_DTYPES = frozenset(f"{kind}{bits}" for kind in ("float", "int", "uint") for bits in (8, 16, 32, 64)) | {"bool"}

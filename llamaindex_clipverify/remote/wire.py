"""What client and server send each other beside plain JSON: pictures, heat maps, and the events of a stream."""

from __future__ import annotations

import base64
import json
import secrets
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from llamaindex_clipverify.boundary.records import record
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.explainers.heat_map import HeatMap, MapTrial
from llamaindex_clipverify.report.report import ClaimMap

MOST_MAP_PIXELS = 64_000_000
"""Maximum number of pixels of all heat maps in one answer."""
_BROKEN = "ask again; if it stays, look into the server's log"


@dataclass(frozen=True, kw_only=True)
class Field:
    """One field of a form: a text, or a file with a name."""

    name: str
    value: str | bytes
    filename: str | None = None


def multipart(fields: Iterable[Field]) -> tuple[bytes, str]:
    """Return fields as a body of ``multipart/form-data``, and its content type."""
    boundary = secrets.token_hex(16)
    pieces: list[bytes] = []
    for field in fields:
        named = f'Content-Disposition: form-data; name="{_quoted(field.name)}"'
        if field.filename is not None:
            named += f'; filename="{_quoted(field.filename)}"\r\nContent-Type: application/octet-stream'
        value = field.value if isinstance(field.value, bytes) else field.value.encode("utf-8", "surrogatepass")
        pieces += [f"--{boundary}\r\n{named}\r\n\r\n".encode(), value, b"\r\n"]
    pieces.append(f"--{boundary}--\r\n".encode())
    return b"".join(pieces), f"multipart/form-data; boundary={boundary}"


def _quoted(name: str) -> str:
    bare = "".join(one if one.isprintable() else "_" for one in name)
    return bare.encode("utf-8", "replace").decode().replace("\\", "_").replace('"', "%22")


# -- heat maps -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class _MapForm:
    values: str
    width: int
    height: int
    method: str
    text: str
    evidence: float
    cosine: float
    doubt: str = ""
    trial: MapTrial | None = None
    claim: int = 0
    picture: str = ""


def map_to_dict(heat: HeatMap) -> dict[str, Any]:
    """Return a heat map as JSON; its values are float32, compressed, in base 64."""
    values = np.ascontiguousarray(heat.values, "<f4")
    return {
        "values": base64.b64encode(zlib.compress(values.tobytes(), 1)).decode("ascii"),
        "width": values.shape[1],
        "height": values.shape[0],
        "method": heat.method,
        "text": heat.text,
        "evidence": float(heat.evidence),
        "cosine": float(heat.cosine),
        "doubt": heat.doubt,
        "trial": None if heat.trial is None else {key: _number(value) for key, value in vars(heat.trial).items()},
    }


def _number(value: float | None) -> float | None:
    return None if value is None else float(value)


def claim_map_to_dict(drawn: ClaimMap) -> dict[str, Any]:
    """Return the heat map of a claim as JSON."""
    return {**map_to_dict(drawn.map), "claim": drawn.claim, "picture": drawn.picture}


def map_of(data: Any) -> HeatMap:
    """Return the heat map in JSON.

    Raises:
        DataError: It is none.
    """
    return claim_map_of(data).map


def claim_map_of(data: Any) -> ClaimMap:
    """Return the heat map of a claim in JSON; errors as `map_of`."""
    read = record(_MapForm, data, "the heat map is damaged", _BROKEN)
    if not (0 < read.width * read.height <= MOST_MAP_PIXELS and read.width > 0):
        raise DataError("the heat map is damaged", got=f"{read.width} × {read.height} pixels", do=_BROKEN)
    values = _values(read)
    if values is None:
        raise DataError("the heat map is damaged", got="its values", do=_BROKEN)
    heat = HeatMap(
        values=values, method=read.method, text=read.text, evidence=read.evidence, cosine=read.cosine, doubt=read.doubt,
        trial=read.trial,
    )  # fmt: skip
    return ClaimMap(claim=read.claim, picture=read.picture, map=heat)


def _values(read: _MapForm) -> Any:
    """Return the values of a map; None if they are damaged, or more than they claim to be."""
    size = 4 * read.width * read.height
    try:
        unpacked = zlib.decompressobj().decompress(base64.b64decode(read.values, validate=True), size + 1)
    except (ValueError, zlib.error):
        return None
    if len(unpacked) != size:
        return None
    values = np.frombuffer(unpacked, "<f4").reshape(read.height, read.width)
    return values if bool(np.isfinite(values).all()) else None


# -- pictures in a report ------------------------------------------------------------------------------------------------


def renamed(report: Mapping[str, Any], ids: Mapping[str, str]) -> dict[str, Any]:
    """Return the JSON of a report in which pictures have other ids; those that are not in `ids` keep theirs."""

    def of(value: Any) -> Any:
        return ids.get(value, value) if isinstance(value, str) else value

    def each(parts: Any, change: Callable[[Mapping[str, Any]], dict[str, Any]]) -> Any:
        """Change what has the form of a part, and leave whatever else a server sent."""
        if not isinstance(parts, (list, tuple)):
            return parts
        return [change(part) if isinstance(part, Mapping) else part for part in parts]

    def part(part: Mapping[str, Any]) -> dict[str, Any]:
        return {**part, "picture": of(part.get("picture"))}

    return {
        **report,
        "claims": each(
            report.get("claims") or [], lambda claim: {**part(claim), "evidence": each(claim.get("evidence"), part)}
        ),
        "maps": each(report.get("maps", []), part),
        "pictures": each(report.get("pictures") or [], lambda picture: {**picture, "id": of(picture.get("id"))}),
    }


# -- events ----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Event:
    """A server-sent event."""

    name: str
    data: Any


def event_bytes(name: str, data: Any) -> bytes:
    """Return a server-sent event; its data are JSON in one line."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode("utf-8", "replace")


def events_in(lines: Iterable[bytes], most: int) -> Iterator[Event]:
    """Yield the events in the lines of a stream; comments are left out.

    Raises:
        ValueError: An event is larger than `most` bytes, or its data are no JSON.
    """
    name, size = "message", 0
    data: list[bytes] = []
    for line in lines:
        text = line.rstrip(b"\r\n")
        size += len(text)
        if size > most:
            raise ValueError(f"an event of more than {most:,} bytes")
        if not text:
            if data:
                yield Event(name, json.loads(b"\n".join(data)))
            name, data, size = "message", [], 0
            continue
        key, _, value = text.partition(b":")
        value = value.removeprefix(b" ")
        if key == b"event":
            name = value.decode("utf-8", "replace")
        elif key == b"data":
            data.append(value)

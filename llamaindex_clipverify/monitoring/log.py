"""A log of verified answers as JSON lines, and its reader, which also takes traces exported by an OpenTelemetry collector."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.boundary.failures import telling
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.report.observability import kinds_of
from llamaindex_clipverify.report.report import Report

_DO = "give a log of AnswerLog, or a trace export as OTLP JSON"
_FIRST, _LAST = 1970, 2999
"""Years that a log may be of."""
_MOST = 2_000_000_000
"""Maximum size of a log in bytes."""


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One verified answer."""

    at: datetime
    """When, in UTC."""
    answer: str = ""
    question: str | None = None
    trust: float | None = None
    coverage: float = 0.0
    verdict: str = "unverifiable"
    doubtful: tuple[str, ...] = ()
    """The contradicted words."""
    kinds: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """For each kind of claim, how many have which verdict."""

    @property
    def claims(self) -> int:
        """Number of claims."""
        return sum(sum(verdicts.values()) for verdicts in self.kinds.values())

    @property
    def contradicted(self) -> int:
        """Number of contradicted claims."""
        return sum(verdicts.get("contradicted", 0) for verdicts in self.kinds.values())

    @property
    def checked(self) -> int:
        """Number of claims that are supported or contradicted."""
        return self.contradicted + sum(verdicts.get("supported", 0) for verdicts in self.kinds.values())


class AnswerLog:
    """Appends reports to a file, one JSON object a line; threads may share it."""

    def __init__(self, path: str | Path, texts: bool = True) -> None:
        """Log to a file, which is made when the first report comes.

        Args:
            path: The file.
            texts: Whether questions, answers and doubtful words are logged.
        """
        self.path, self.texts = Path(path), texts
        self._lock = threading.Lock()

    def add(self, report: Report, at: datetime | None = None) -> None:
        """Append a report; `at` is now by default.

        Raises:
            DataError: The file cannot be written.
        """
        line: dict[str, Any] = {
            "at": (at or datetime.now(UTC)).isoformat(timespec="milliseconds"),
            "trust": None if report.trust is None else round(report.trust, 4),
            "coverage": round(report.coverage, 4),
            "verdict": report.verdict,
            "kinds": kinds_of(report),
        }
        if self.texts:
            doubtful = [one.said for one in report.doubtful()]
            line |= {"question": report.question, "answer": report.answer, "doubtful": doubtful}
        text = json.dumps(line, ensure_ascii=True) + "\n"
        with self._lock, telling(DataError, "the log cannot be written", got=self.path), self.path.open("a") as file:
            file.write(text)


def read(path: str | Path) -> list[Entry]:
    """Return the answers of a log, in the order of their time.

    Args:
        path: A file of `AnswerLog`, or traces as OTLP JSON (one object, or one a line, as the collector's file exporter writes).

    Raises:
        DataError: The file cannot be read, or holds no answers.
    """
    text = files.read_text(path, "the log cannot be read", _DO, _MOST)
    with telling(DataError, "the log cannot be read", got=path, do=_DO):
        found = sorted(_entries(text), key=lambda entry: entry.at)
    if not found:
        raise DataError("the log holds no answers", got=path, do=_DO)
    return found


def _entries(text: str) -> Iterator[Entry]:
    if (
        text.lstrip().startswith("{")
        and "\n" in text.strip()
        and not text.lstrip().startswith(('{"at"', '{"resourceSpans"'))
    ):
        yield from _of_object(json.loads(text))  # one object over several lines
        return
    for line in text.split("\n"):
        if line.strip():
            yield from _of_object(json.loads(line))


def _of_object(data: Any) -> Iterator[Entry]:
    if "resourceSpans" not in data:
        yield _entry(datetime.fromisoformat(data["at"]), data)
        return
    for resource in data["resourceSpans"]:
        for scope in resource.get("scopeSpans", ()):
            for span in scope.get("spans", ()):
                if span.get("name") == "clipverify.judge":
                    yield _of_span(span)


def _of_span(span: Mapping[str, Any]) -> Entry:
    values = {one["key"]: _value(one["value"]) for one in span.get("attributes", ())}
    at = datetime.fromtimestamp(int(span["startTimeUnixNano"]) / 1e9, UTC)
    own = {name.removeprefix("clipverify."): value for name, value in values.items()}
    kinds = json.loads(own.get("kinds") or "{}")
    return _entry(at, {**own, "kinds": kinds, "question": own.get("input.value"), "answer": own.get("output.value")})


def _value(value: Mapping[str, Any]) -> Any:
    """Return an attribute's value in OTLP's JSON form."""
    if "arrayValue" in value:
        return [_value(one) for one in value["arrayValue"].get("values", ())]
    (name, found), *_ = value.items()
    return int(found) if name == "intValue" else found


def _entry(at: datetime, data: Mapping[str, Any]) -> Entry:
    trust, coverage = data.get("trust"), float(data.get("coverage") or 0.0)
    if not (trust is None or 0 <= float(trust) <= 1) or not 0 <= coverage <= 1:
        raise ValueError(f"no probability: trust {trust}, coverage {coverage}")
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    if not _FIRST <= at.year <= _LAST:
        raise ValueError(f"a time outside of the years {_FIRST} to {_LAST}")
    kinds = {
        str(kind): {str(verdict): int(number) for verdict, number in verdicts.items()}
        for kind, verdicts in data["kinds"].items()
    }
    return Entry(
        at=at,
        answer=str(data.get("answer") or ""),
        question=data.get("question"),
        trust=None if trust is None else float(trust),
        coverage=coverage,
        verdict=str(data["verdict"]),
        doubtful=tuple(map(str, data.get("doubtful") or ())),
        kinds=kinds,
    )

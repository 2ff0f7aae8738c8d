"""The report: every claim with its trust, verdict and evidence. Print it, tabulate it, save it as HTML, Markdown or JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llamaindex_clipverify.claims.claim import Claim
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.explainers.heat_map import HeatMap
from llamaindex_clipverify.geometry import Box
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.trust.fusion import Calibration
from llamaindex_clipverify.trust.profile import AnswerModel
from llamaindex_clipverify.trust.verdict import Policy, Verdict

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import ConsoleRenderable

SCHEMA = 1


@dataclass(frozen=True)
class CheckedClaim:
    """A claim and what became of it."""

    claim: Claim
    trust: float | None
    """Probability 0–1 that the claim, as stated (negation included), is true; None when nothing could check it."""
    verdict: Verdict
    evidence: tuple[Evidence, ...] = ()
    """What each check says of the claim as stated, in the picture that speaks loudest for its positive form."""
    shares: Mapping[str, float] = field(default_factory=dict)
    """What each check added to the log-odds of the claim as stated, against the average claim of its kind."""
    note: str = ""
    """Why it is unverifiable, when it is."""

    @property
    def picture(self) -> str | None:
        """Content id of the picture the evidence is about."""
        return next((one.picture for one in self.evidence if one.picture is not None), None)

    @property
    def region(self) -> Box | None:
        """The region of the weightiest evidence that has one."""
        placed = [one for one in self.evidence if one.region is not None]
        return (
            max(placed, key=lambda one: (one.speaks, abs(self.shares.get(one.check, 0.0)))).region if placed else None
        )

    @property
    def reasons(self) -> list[str]:
        """One line for each check that takes a stance or weighs in, weightiest first; else the note."""
        spoken = [one for one in self.evidence if one.speaks]
        spoken.sort(key=lambda one: -abs(self.shares.get(one.check, 0.0)))
        return [f"{one.check}: {one.reason}" for one in spoken] or ([self.note] if self.note else [])

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form of the report contract."""
        return {
            "text": self.claim.text,
            "start": self.claim.start,
            "end": self.claim.end,
            "kind": self.claim.kind,
            "negated": self.claim.negated,
            "trust": _rounded(self.trust),
            "verdict": self.verdict,
            "note": self.note,
            "picture": self.picture,
            "region": None if self.region is None else [round(float(edge), 1) for edge in self.region],
            "evidence": [one.to_dict() for one in self.evidence],
        }


@dataclass(frozen=True)
class ObjectAgreement:
    """The objects that the answer names beside those that the detector sees."""

    named: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    hallucinated: tuple[str, ...] = ()
    """Named as present, in the detector's vocabulary, and not seen in any picture."""
    missing: tuple[str, ...] = ()
    """Clearly seen and not named: not an error, but often worth knowing."""
    score: float | None = None
    """Share 0–1 of the named objects that the detector could check and saw; None when it could check none."""

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form of the report contract."""
        lists = {name: list(getattr(self, name)) for name in ("named", "seen", "hallucinated", "missing")}
        return {**lists, "score": _rounded(self.score)}


@dataclass(frozen=True)
class ClaimMap:
    """A heat map drawn for one claim of a report."""

    claim: int
    """Index of the claim in `Report.claims`."""
    picture: str
    map: HeatMap
    path: str | None = None


@dataclass(frozen=True)
class Report:
    """What is known about one answer. Values are frozen; `at` decides again without looking again."""

    answer: str
    claims: tuple[CheckedClaim, ...]
    question: str | None = None
    language: str = "en"
    calibration: Calibration = "uncalibrated"
    profile: str | None = None
    object_agreement: ObjectAgreement = ObjectAgreement()
    pictures: tuple[Picture, ...] = field(default=(), repr=False)
    maps: tuple[ClaimMap, ...] = field(default=(), repr=False)
    models: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """Things the reader must know: a model that does not know such pictures, a check that failed, what to install."""
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    policy: Policy = Policy()
    answers: AnswerModel | None = field(default=None, repr=False)
    """Makes one trust of the claims' trusts; the profile's."""

    @property
    def trust(self) -> float | None:
        """Probability 0–1 that all claims which could be checked are true; None when none could be.

        By the profile's own calibration of whole answers; without one, the trust of the least trusted claim.
        """
        trusts = [claim.trust for claim in self.claims if claim.trust is not None]
        return self.answers.trust(trusts) if trusts and self.answers is not None else self.least_trust

    @property
    def least_trust(self) -> float | None:
        """Trust of the least trusted claim; None when nothing could be checked."""
        return min((claim.trust for claim in self.claims if claim.trust is not None), default=None)

    @property
    def mean_trust(self) -> float | None:
        """Mean trust of the claims that could be checked."""
        checked = [claim.trust for claim in self.claims if claim.trust is not None]
        return sum(checked) / len(checked) if checked else None

    @property
    def coverage(self) -> float:
        """Share 0–1 of the claims that anything could check; 0 for an answer without claims."""
        checked = sum(claim.trust is not None for claim in self.claims)
        return checked / len(self.claims) if self.claims else 0.0

    @property
    def verdict(self) -> Verdict:
        """Contradicted if any claim is, supported if all checkable ones are, else unverifiable."""
        verdicts = [claim.verdict for claim in self.claims if claim.trust is not None]
        if "contradicted" in verdicts:
            return "contradicted"
        return "supported" if verdicts and set(verdicts) == {"supported"} else "unverifiable"

    def at(self, policy: Policy) -> Report:
        """Return the report decided by other thresholds."""
        claims = tuple(replace(claim, verdict=policy.verdict(claim.trust)) for claim in self.claims)
        return replace(self, claims=claims, policy=policy)

    def doubtful(self) -> list[CheckedClaim]:
        """Return the contradicted claims, least trusted first."""
        doubted = [claim for claim in self.claims if claim.verdict == "contradicted"]
        return sorted(doubted, key=lambda claim: claim.trust or 0.0)

    def picture(self, content_id: str | None) -> Picture | None:
        """Return one of the pictures by its content id."""
        return next((picture for picture in self.pictures if picture.id == content_id), None)

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form of the report contract, schema 1."""
        return {
            "schema": SCHEMA,
            "question": self.question,
            "answer": self.answer,
            "language": self.language,
            "trust": _rounded(self.trust),
            "least_trust": _rounded(self.least_trust),
            "mean_trust": _rounded(self.mean_trust),
            "coverage": round(self.coverage, 4),
            "verdict": self.verdict,
            "calibration": self.calibration,
            "profile": self.profile,
            "claims": [claim.to_dict() for claim in self.claims],
            "object_agreement": self.object_agreement.to_dict(),
            "maps": [
                {"claim": one.claim, "picture": one.picture, "method": one.map.method, "path": one.path,
                 "evidence": _rounded(one.map.evidence), "doubt": one.map.doubt}
                for one in self.maps
            ],
            "pictures": [
                {"id": picture.id, "uri": picture.uri, "width": picture.size[0], "height": picture.size[1]}
                for picture in self.pictures
            ],
            "models": dict(self.models),
            "answer_model": None if self.answers is None else asdict(self.answers),
            "notes": list(self.notes),
            "timings_ms": {name: round(value, 1) for name, value in self.timings_ms.items()},
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Report:
        """Read what `to_dict` wrote. Pictures come back by uri and unopened, maps and shares not at all.

        Raises:
            DataError: Not a report of this schema.
        """
        if data.get("schema") != SCHEMA:
            raise DataError(f"not a report of schema {SCHEMA}", got=data.get("schema"))
        return cls(
            data["answer"],
            tuple(_claim(one) for one in data["claims"]),
            data["question"],
            data["language"],
            data["calibration"],
            data["profile"],
            _agreement(data["object_agreement"]),
            tuple(Picture.of(one["uri"], allow_urls=True) for one in data["pictures"] if one["uri"]),
            models=data["models"],
            notes=tuple(data["notes"]),
            timings_ms=data["timings_ms"],
            answers=AnswerModel(**data["answer_model"]) if data.get("answer_model") else None,
        )

    def to_json(self, indent: int | None = 2) -> str:
        """Return `to_dict` as JSON text."""
        return json.dumps(self.to_dict(), indent=indent, ensure_ascii=False)

    def to_markdown(self) -> str:
        """Return the report as Markdown; whatever the answer holds stays text."""
        from llamaindex_clipverify.report.markdown import document

        return document([self])

    def to_pandas(self) -> pd.DataFrame:
        """Return one row for each claim.

        The picture is its address, or its content id where it has none; the region is left, top, right, bottom in its pixels.
        """
        import pandas as pd

        rows = [
            {
                "text": one.claim.text,
                "kind": one.claim.kind,
                "negated": one.claim.negated,
                "trust": one.trust,
                "verdict": one.verdict,
                "why": " · ".join(one.reasons),
                "picture": self._address(one.picture),
                "region": one.region,
                "note": one.note,
                "calibration": self.calibration,
            }
            for one in self.claims
        ]
        return pd.DataFrame(rows, columns=_COLUMNS)

    def _address(self, content_id: str | None) -> str | None:
        known = [picture for picture in self.pictures if picture.uri and vars(picture).get("id") == content_id]
        return known[0].uri if known else content_id

    def save(self, path: str | Path) -> Path:
        """Write the report as ``.html`` (self-contained), ``.md`` or ``.json``; return the path.

        Raises:
            DataError: The suffix is none of them.
        """
        return _write(path, [self])

    def __str__(self) -> str:
        """Return the printed face: a headline and one aligned line for each claim."""
        return printable("\n".join([self._headline(), *_lines(self), *(f"! {note}" for note in self.notes)]))

    def _headline(self) -> str:
        counts = [
            f"{count} {verdict}"
            for verdict in ("supported", "contradicted", "unverifiable")
            if (count := sum(claim.verdict == verdict for claim in self.claims))
        ]
        total = f"{len(self.claims)} claim{'' if len(self.claims) == 1 else 's'}"
        parts = [
            f"trust {number(self.trust)}",
            total,
            ", ".join(counts),
            f"coverage {self.coverage:.0%}",
            self.calibration,
        ]
        return " · ".join(part for part in parts if part)

    def __rich__(self) -> ConsoleRenderable:
        """Return what ``rich`` prints: the answer with its claims marked, and a table of them."""
        from llamaindex_clipverify.report.terminal import renderable

        return renderable(self)

    def _repr_html_(self) -> str:
        from llamaindex_clipverify.report.html import fragment

        return fragment(self)


MARKS: Mapping[str, str] = {"supported": "✔", "contradicted": "✗", "unverifiable": "?"}


def number(value: float | None) -> str:
    """Write a trust with two digits, never rounded up to certainty; a dash for None."""
    return "–" if value is None else f"{min(max(value, 0.01), 0.99):.2f}"


def printable(text: str) -> str:
    """Replace control characters by a sign, but for line breaks and tabs: a terminal would obey them."""
    return text.translate(_CONTROLS)


_CONTROLS = {code: "\ufffd" for code in (*range(32), *range(127, 160)) if chr(code) not in "\n\t"}
_COLUMNS = ["text", "kind", "negated", "trust", "verdict", "why", "picture", "region", "note", "calibration"]
SUFFIXES = (".html", ".htm", ".md", ".json")
"""What a report may be saved as."""


def save_all(reports: Sequence[Report], path: str | Path) -> Path:
    """Write several reports into one file, ``.html``, ``.md`` or ``.json`` (a list); return its path.

    Raises:
        DataError: The suffix is none of them.
    """
    return _write(path, list(reports), several=True)


def check_suffix(path: str | Path) -> None:
    """Refuse a name that a report cannot be saved under.

    Raises:
        DataError: The suffix is not one of `SUFFIXES`.
    """
    if Path(path).suffix.lower() not in SUFFIXES:
        raise DataError("a report is saved as .html, .md or .json", got=str(path), do="name it FILE.html")


def _write(path: str | Path, reports: list[Report], *, several: bool = False) -> Path:
    check_suffix(path)
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(_text_of(reports, target.suffix.lower(), several=several), encoding="utf-8", newline="\n")
    return target


def _text_of(reports: list[Report], suffix: str, *, several: bool) -> str:
    if suffix == ".md":
        from llamaindex_clipverify.report.markdown import document

        return document(reports)
    if suffix == ".json":
        found = [report.to_dict() for report in reports] if several else reports[0].to_dict()
        return json.dumps(found, indent=2, ensure_ascii=False) + "\n"
    from llamaindex_clipverify.report.html import page

    return page(reports)


def _agreement(data: Mapping[str, Any]) -> ObjectAgreement:
    named, seen, hallucinated, missing = (tuple(data[name]) for name in ("named", "seen", "hallucinated", "missing"))
    return ObjectAgreement(named, seen, hallucinated, missing, data["score"])


def _claim(data: Mapping[str, Any]) -> CheckedClaim:
    claim = Claim(data["text"], data["start"], data["end"], data["kind"], data["negated"])
    evidence = tuple(_evidence(one) for one in data["evidence"])
    return CheckedClaim(claim, data["trust"], data["verdict"], evidence, note=data["note"])


def _evidence(data: Mapping[str, Any]) -> Evidence:
    region = tuple(data["region"]) if data["region"] else None
    fields = {name: data[name] for name in ("check", "stance", "score", "reason", "picture")}
    return Evidence(**fields, region=region)


def _lines(report: Report) -> list[str]:
    width = max((len(claim.claim.text) for claim in report.claims), default=0)
    width = min(width, 48)
    return [
        f"{MARKS[one.verdict]} {number(one.trust):>4}  {_cut(one.claim.text, width):<{width}}  {' · '.join(one.reasons)}".rstrip()
        for one in report.claims
    ]


def _cut(text: str, width: int) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= width else flat[: width - 1] + "…"


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), 4)

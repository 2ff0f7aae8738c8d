"""The report: every claim with its trust, verdict and evidence. Print it, tabulate it, or save it as HTML, Markdown or JSON."""

from __future__ import annotations

import json
import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Unpack

from llamaindex_clipverify.claims.claim import Claim, Kind
from llamaindex_clipverify.claims.english.grammar import DENIALS
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.explainers.heat_map import HeatMap
from llamaindex_clipverify.geometry import Box
from llamaindex_clipverify.languages import ENGLISH, Language, check_code, language_for
from llamaindex_clipverify.languages import language as language_named
from llamaindex_clipverify.languages.stored import stored
from llamaindex_clipverify.message import Message
from llamaindex_clipverify.node_pictures import Access, AccessOptions
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.format import MARKS, edges, number, printable, rounded, shortened
from llamaindex_clipverify.report.saving import embeddable, save_one
from llamaindex_clipverify.trust.fusion import Calibration, ReportCalibration
from llamaindex_clipverify.trust.profile import AnswerModel
from llamaindex_clipverify.trust.unchecked import all_true, truth
from llamaindex_clipverify.trust.verdict import AnswerVerdict, Policy, Verdict, combined

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import ConsoleRenderable

SCHEMA = 2
"""1 had no *partly_checked*, no `checked_trust`, and a `trust` of the checked claims alone; it is still read."""
_WORD = re.compile(r"\w+")
_DENIAL = re.compile(
    rf"\b(?:{'|'.join(sorted(DENIALS))}|nothing|cannot|lacks?|lacking|absent|missing|free of)\b|n't|n’t|없|않|아니|못",
    re.IGNORECASE,
)
"""Words that deny, in English and Korean."""
_HANGUL = re.compile(r"[가-힣]")


@dataclass(frozen=True, kw_only=True)
class CheckedClaim:
    """A claim with its trust, verdict and evidence."""

    claim: Claim
    trust: float | None
    """Probability 0–1 that the claim, as stated (negation included), is true; None when nothing could check it."""
    verdict: Verdict
    calibration: Calibration = "uncalibrated"
    """Where the trust comes from."""
    evidence: tuple[Evidence, ...] = ()
    """Evidence on the claim as stated, in the picture with the highest belief in its positive form."""
    shares: Mapping[str, float] = field(default_factory=dict)
    """Log-odds that each check added to the claim as stated, relative to the average claim of its kind."""
    note: str = ""
    """Why the claim is unverifiable; "" if it is not."""

    def __repr__(self) -> str:
        """Show the text, the verdict and the trust."""
        denied = ", negated" if self.claim.negated else ""
        return (
            f"CheckedClaim({self.claim.text!r}, {self.claim.kind}{denied}, {self.verdict}, trust={number(self.trust)})"
        )

    @property
    def picture(self) -> str | None:
        """Content id of the picture the evidence is about."""
        return next((piece.picture for piece in self.evidence if piece.picture is not None), None)

    @property
    def placed(self) -> Evidence | None:
        """The evidence with the largest share that has a region; what supports a contradicted claim does not place it."""
        against = self.verdict == "contradicted"
        pieces = [piece for piece in self.evidence if piece.region and not (against and piece.stance == "supports")]
        return max(pieces, key=lambda piece: (piece.is_decisive, abs(self.shares.get(piece.check, 0.0))), default=None)

    @property
    def region(self) -> Box | None:
        """The part of the picture that decided: the region of `placed`."""
        return None if self.placed is None else self.placed.region

    @property
    def regions(self) -> tuple[Box, ...]:
        """That part, and the further ones of the same evidence: every thing that was counted."""
        return () if self.placed is None or self.placed.region is None else (self.placed.region, *self.placed.others)

    @property
    def said(self) -> str:
        """The words of the answer, with their denial where it stands outside of them: "not: holding a cup", "개 (없음)"."""
        text = " ".join(self.claim.text.split())
        if not self.claim.negated or _DENIAL.search(text):
            return text
        if self.claim.words.language == "ko" or _HANGUL.search(text):
            return f"{text} ({'없음' if self.claim.kind in ('object', 'count', 'bound') else '아님'})"
        return f"not: {text}"

    @property
    def reasons(self) -> list[str]:
        """One line for each check that takes a stance, the largest share first; else the note."""
        return self.reasons_in(ENGLISH)

    def reasons_in(self, t: Language) -> list[str]:
        """Return the same lines in a language."""
        decided = [piece for piece in self.evidence if piece.is_decisive]
        decided.sort(key=lambda piece: -abs(self.shares.get(piece.check, 0.0)))
        lines = [f"{t.say(piece.check)}: {t.say(piece.reason)}" for piece in decided]
        return lines or ([t.say(self.note)] if self.note else [])

    def to_dict(self, *, exact: bool = False, t: Language = ENGLISH) -> dict[str, Any]:
        """Return the JSON form of the report contract; `exact` as for `Report.to_dict`, `t` renders reasons and the note."""
        return {
            "text": self.claim.text,
            "start": self.claim.start,
            "end": self.claim.end,
            "kind": self.claim.kind,
            "negated": self.claim.negated,
            "trust": rounded(self.trust, exact=exact),
            "verdict": self.verdict,
            "calibration": None if self.trust is None else self.calibration,
            "note": t.say(self.note),
            "picture": self.picture,
            "region": edges(self.region, exact=exact),
            "evidence": [piece.to_dict(exact=exact, t=t) for piece in self.evidence],
            "shares": {check: rounded(share, exact=exact) for check, share in self.shares.items()},
            "words": _words(self.claim),
        }


@dataclass(frozen=True, kw_only=True)
class ObjectAgreement:
    """The objects that the answer names, compared with those that the detector sees."""

    named: tuple[str, ...] = ()
    seen: tuple[str, ...] = ()
    hallucinated: tuple[str, ...] = ()
    """Named as present, among the detector's classes, and not seen in any picture."""
    missing: tuple[str, ...] = ()
    """Clearly seen and not named: not an error."""
    score: float | None = None
    """Share 0–1 of the named objects that were seen, among those that the detector can check; None if there are none."""

    def to_dict(self, *, exact: bool = False) -> dict[str, Any]:
        """Return the JSON form of the report contract; `exact` as for `Report.to_dict`."""
        lists = {name: list(getattr(self, name)) for name in ("named", "seen", "hallucinated", "missing")}
        return {**lists, "score": rounded(self.score, exact=exact)}


@dataclass(frozen=True, kw_only=True)
class ClaimMap:
    """A heat map of one claim of a report."""

    claim: int
    """Index of the claim in `Report.claims`."""
    picture: str
    map: HeatMap
    path: str | None = None


@dataclass(frozen=True, kw_only=True)
class Report:
    """The report on one answer. Values are frozen; `at` decides again with other thresholds."""

    answer: str
    claims: tuple[CheckedClaim, ...]
    unread: tuple[tuple[int, int], ...] = ()
    """Spans of the answer that say something and are in no claim: they were not read, so nothing checked them."""
    question: str | None = None
    language: str = "en"
    calibration: ReportCalibration = "uncalibrated"
    profile: str | None = None
    object_agreement: ObjectAgreement = ObjectAgreement()
    pictures: tuple[Picture, ...] = field(default=(), repr=False)
    maps: tuple[ClaimMap, ...] = field(default=(), repr=False)
    models: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    """What the reader must know: pictures outside a profile, a failed check, what to install."""
    timings_ms: Mapping[str, float] = field(default_factory=dict)
    policy: Policy = Policy()
    answers: AnswerModel | None = field(default=None, repr=False)
    """Combines the trusts of the claims into that of the answer; from the profile."""
    gaps: tuple[str, ...] = ()
    """Why sources were not looked at: pictures that may not be opened or cannot be read. They lower the coverage."""
    shown_in: str | None = field(default=None, compare=False, repr=False)
    """ISO 639-1 code of the language that it is shown in; see `translated`. None: that of the answer."""

    def __repr__(self) -> str:
        """Show verdict, trust, coverage and the claims."""
        figures = f"trust={number(self.trust)}, coverage={self.coverage:.2f}, {self.calibration}"
        return f"Report({self.verdict}, {figures}, claims={list(self.claims)!r})"

    @property
    def trust(self) -> float | None:
        """Probability 0–1 that all claims are true; None when none could be checked.

        That of the checked claims (`checked_trust`) times that of the others, which are false as often as such claims usually
        are; see `trust.unchecked` and `Policy.unchecked`.
        """
        checked = self.checked_trust
        if checked is None:
            return None
        missed: list[Kind] = ["other"] * len(self.unread)
        kinds = [*(one.claim.kind for one in self.unchecked), *missed]
        return checked * truth(kinds, self.policy.unchecked)

    @property
    def checked_trust(self) -> float | None:
        """Probability 0–1 that all checked claims are true; None when none could be checked.

        Computed by the profile's calibration of whole answers, or by `trust.unchecked.all_true` without one.
        """
        trusts = [claim.trust for claim in self.claims if claim.trust is not None]
        if not trusts:
            return None
        return all_true(trusts) if self.answers is None else self.answers.trust(trusts)

    @property
    def unchecked(self) -> tuple[CheckedClaim, ...]:
        """The claims that nothing could check."""
        return tuple(claim for claim in self.claims if claim.trust is None)

    @property
    def least_trust(self) -> float | None:
        """Minimum trust of the claims; None when none could be checked."""
        return min((claim.trust for claim in self.claims if claim.trust is not None), default=None)

    @property
    def mean_trust(self) -> float | None:
        """Mean trust of the checked claims; None when none could be checked."""
        checked = [claim.trust for claim in self.claims if claim.trust is not None]
        return sum(checked) / len(checked) if checked else None

    @property
    def coverage(self) -> float:
        """Share 0–1 of the words that say something which are in a claim that could be checked; 0 for an answer without claims.

        The words that say something are those of all claims and those that were not read (`unread`). Where pictures could not be
        looked at (`gaps`), it is that share times the share of the pictures that could.
        """
        words = [match.span() for match in _WORD.finditer(self.answer)]
        spans = [(one.claim.start, one.claim.end) for one in self.claims]
        claimed = _words_in(words, [*spans, *self.unread])
        checked = _words_in(words, [(one.claim.start, one.claim.end) for one in self.claims if one.trust is not None])
        looked_at = max(len(self.pictures), 1)
        return len(checked) / len(claimed) * looked_at / (looked_at + len(self.gaps)) if claimed else 0.0

    @property
    def verdict(self) -> AnswerVerdict:
        """*contradicted* if any claim is, *supported* if all claims are, *partly_checked* if some are, else *unverifiable*.

        With words that were not read, or pictures that were not looked at, it is *partly_checked* at best.
        """
        found = combined(claim.verdict for claim in self.claims)
        return "partly_checked" if found == "supported" and (self.unread or self.gaps) else found

    def at(self, policy: Policy) -> Report:
        """Return the report with the verdicts of another policy."""
        claims = tuple(replace(claim, verdict=policy.verdict(claim.trust)) for claim in self.claims)
        return replace(self, claims=claims, policy=policy)

    def translated(self, code: str | None) -> Report:
        """Return the report, to be shown in a language ("en", "ko") whatever that of the answer; None for that of the answer.

        Headline, verdicts, reasons and notes are then in that language, printed and in every form but JSON.

        Raises:
            DataError: There is no such language.
        """
        if code is not None:
            check_code(code)
        return replace(self, shown_in=code)

    @property
    def t(self) -> Language:
        """The language that it is shown in."""
        return language_for(self.shown_in or self.language)

    def doubtful(self) -> list[CheckedClaim]:
        """Return the contradicted claims, least trusted first."""
        doubted = [claim for claim in self.claims if claim.verdict == "contradicted"]
        return sorted(doubted, key=lambda claim: claim.trust or 0.0)

    def mark_of(self, claim: CheckedClaim) -> str:
        """Return the mark of the picture that the evidence on a claim is about, "[2] "; "" where there is one picture only."""
        ids = [picture.id for picture in self.pictures]
        return f"[{ids.index(claim.picture) + 1}] " if len(ids) > 1 and claim.picture in ids else ""

    def picture(self, content_id: str | None) -> Picture | None:
        """Return the picture with a content id, or None."""
        return next((picture for picture in self.pictures if picture.id == content_id), None)

    def to_dict(self, *, exact: bool = False, language: str = "en") -> dict[str, Any]:
        """Return the JSON form of the report contract, schema 2.

        Args:
            exact: Whether numbers keep all digits, so that `from_dict` returns an equal report, which can be shown in other
                languages. Default: four digits of a probability, tenths of a pixel.
            language: Of reasons and notes ("en", "ko"), which are English for programs that read them.

        Raises:
            DataError: There is no such language.
        """
        t = language_named(language)
        texts = [
            *self.notes,
            *(one.note for one in self.claims),
            *(piece.reason for one in self.claims for piece in one.evidence),
        ]
        messages = {"messages": stored(texts)} if exact else {}
        return messages | {
            "schema": SCHEMA,
            "question": self.question,
            "answer": self.answer,
            "language": self.language,
            "trust": rounded(self.trust, exact=exact),
            "checked_trust": rounded(self.checked_trust, exact=exact),
            "least_trust": rounded(self.least_trust, exact=exact),
            "mean_trust": rounded(self.mean_trust, exact=exact),
            "coverage": rounded(self.coverage, exact=exact),
            "verdict": self.verdict,
            "calibration": self.calibration,
            "profile": self.profile,
            "claims": [claim.to_dict(exact=exact, t=t) for claim in self.claims],
            "unread": [list(span) for span in self.unread],
            "object_agreement": self.object_agreement.to_dict(exact=exact),
            "maps": [
                {"claim": drawn.claim, "picture": drawn.picture, "method": drawn.map.method, "path": drawn.path,
                 "evidence": rounded(drawn.map.evidence, exact=exact), "doubt": drawn.map.doubt}
                for drawn in self.maps
            ],
            "pictures": [
                {"id": picture.id, "uri": picture.uri, "width": picture.size[0], "height": picture.size[1]}
                for picture in self.pictures
            ],
            "models": dict(self.models),
            "policy": asdict(self.policy),
            "answer_model": None if self.answers is None else asdict(self.answers),
            "notes": list(map(t.say, self.notes)),
            "gaps": list(self.gaps),
            "timings_ms": {name: round(value, 1) for name, value in self.timings_ms.items()},
        }  # fmt: skip

    @classmethod
    def from_dict(cls, data: Mapping[str, Any], **access: Unpack[AccessOptions]) -> Report:
        """Read the JSON form back, without heat maps.

        Nothing that the JSON names is opened: pictures have an id, a size and an address, and no pixels, unless `access` allows
        their folder or URLs.

        Args:
            data: What `to_dict` returned.
            **access: ``folders=`` and ``allow_urls=``; see `Access`.

        Raises:
            DataError: Not a report of this schema, or damaged.
        """
        from llamaindex_clipverify.report.from_json import report_of

        return report_of(data, Access(**access))

    def to_json(self, indent: int | None = 2, *, language: str = "en") -> str:
        """Return `to_dict` as JSON text."""
        return embeddable(json.dumps(self.to_dict(language=language), indent=indent, ensure_ascii=False))

    def to_markdown(self) -> str:
        """Return the report as Markdown; all texts are escaped."""
        from llamaindex_clipverify.report.markdown import document

        return document([self])

    def to_pandas(self) -> pd.DataFrame:
        """Return one row for each claim.

        ``picture`` is its address, or its content id if it has none; ``region`` is left, top, right, bottom in pixels.
        """
        import pandas as pd

        rows = [
            {
                "text": checked.claim.text,
                "kind": checked.claim.kind,
                "negated": checked.claim.negated,
                "trust": checked.trust,
                "verdict": checked.verdict,
                "why": " · ".join(checked.reasons),
                "picture": self._address(checked.picture),
                "region": checked.region,
                "note": checked.note,
                "calibration": None if checked.trust is None else checked.calibration,
            }
            for checked in self.claims
        ]
        return pd.DataFrame(rows, columns=_COLUMNS)

    def _address(self, content_id: str | None) -> str | None:
        known = [picture for picture in self.pictures if picture.uri and vars(picture).get("id") == content_id]
        return known[0].uri if known else content_id

    def save(self, path: str | Path) -> Path:
        """Write the report as ``.html`` (self-contained), ``.md`` or ``.json``; return the path.

        Raises:
            DataError: Another suffix.
        """
        return save_one(self, path)

    def __str__(self) -> str:
        """Return a headline and one aligned line for each claim, as text."""
        notes = (f"! {self.t.say(note)}" for note in self.notes)
        return printable("\n".join([self._headline(), *_lines(self), *notes]))

    def _headline(self) -> str:
        t = self.t
        parts = [
            t("trust {trust}", trust=number(self.trust)),
            t(self.verdict.replace("_", " ")),
            t("{count} claim" if len(self.claims) == 1 else "{count} claims", count=len(self.claims)),
            verdict_counts(self.claims, t),
            t("coverage {share:.0%}", share=self.coverage),
            t(self.calibration.replace("_", " ")),
        ]
        return " · ".join(part for part in parts if part)

    def __rich__(self) -> ConsoleRenderable:
        """Return what ``rich`` prints: the answer with its claims marked, and a table of them."""
        from llamaindex_clipverify.report.terminal import renderable

        return renderable(self)

    def _repr_html_(self) -> str:
        from llamaindex_clipverify.report.html import fragment

        return fragment(self)


def verdict_counts(claims: Sequence[CheckedClaim], t: Language = ENGLISH) -> str:
    """Return the number of each verdict that occurs: ``2 supported, 1 contradicted``; "" without claims."""
    verdicts = [checked.verdict for checked in claims]
    counted = ((verdicts.count(verdict), verdict) for verdict in MARKS if verdict in verdicts)
    return ", ".join(t("{count} {verdict}", count=count, verdict=Message(verdict)) for count, verdict in counted)


def _words_in(words: Sequence[tuple[int, int]], spans: Sequence[tuple[int, int]]) -> set[int]:
    """Return the indices of the words that a span meets; `words` are sorted spans."""
    starts, ends = [start for start, _ in words], [end for _, end in words]
    return {place for begin, end in spans for place in range(bisect_right(ends, begin), bisect_left(starts, end))}


def _words(claim: Claim) -> dict[str, Any]:
    """Return the words of a claim that differ from the default, for JSON."""
    names = (
        "noun", "known", "plural", "colour", "number", "of_some", "hard_to_see", "at_least", "at_most", "relation",
        "reference", "value", "facet", "cites", "narrow",
    )  # fmt: skip
    values = {name: getattr(claim, name) for name in names}
    values["hard_to_see"] = list(claim.hard_to_see) or ()
    language = {} if claim.words.language == "en" else {"language": claim.words.language}
    return {name: value for name, value in values.items() if value != getattr(Claim, name, None)} | language


def _lines(report: Report) -> list[str]:
    """Return one aligned line for each claim."""
    width = min(max((len(checked.said) for checked in report.claims), default=0), 48)
    return [
        f"{MARKS[checked.verdict]} {number(checked.trust):>4}  {shortened(checked.said, width):<{width}}  "
        f"{report.mark_of(checked) if reasons else ''}{' · '.join(reasons)}".rstrip()
        for checked in report.claims
        for reasons in [checked.reasons_in(report.t)]
    ]


_COLUMNS = ["text", "kind", "negated", "trust", "verdict", "why", "picture", "region", "note", "calibration"]

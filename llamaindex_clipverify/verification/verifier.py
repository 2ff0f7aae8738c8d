"""The verifier: from an answer and its pictures to a report."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from copy import copy
from dataclasses import replace
from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING, Any

from llamaindex_clipverify.answer import Answer, sentences
from llamaindex_clipverify.claims.claim import Claim, Splitter
from llamaindex_clipverify.claims.english.splitter import EnglishSplitter
from llamaindex_clipverify.claims.foils import pictured
from llamaindex_clipverify.claims.korean import KoreanSplitter
from llamaindex_clipverify.claims.language import UNKNOWN, language_of
from llamaindex_clipverify.claims.vocabulary import english
from llamaindex_clipverify.errors import ClipVerifyError, DataError, ModelError, PictureError
from llamaindex_clipverify.evidence.check import Check
from llamaindex_clipverify.evidence.colour import Colour
from llamaindex_clipverify.evidence.contrast import Contrast
from llamaindex_clipverify.evidence.domain import Domain
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.evidence.lettering import SWAYED, Lettering
from llamaindex_clipverify.evidence.objects import Objects
from llamaindex_clipverify.evidence.passages import SharedWords, grounded
from llamaindex_clipverify.evidence.reference import Reference
from llamaindex_clipverify.evidence.regions import Regions
from llamaindex_clipverify.evidence.relations import Relations
from llamaindex_clipverify.evidence.sightings import SEEN, confidence, sightings
from llamaindex_clipverify.evidence.similarity import Similarity
from llamaindex_clipverify.evidence.text_vectors import TextVectors
from llamaindex_clipverify.evidence.written_text import WrittenText
from llamaindex_clipverify.explainers import load_explainer, shown
from llamaindex_clipverify.explainers.heat_map import Explainer, HeatMap
from llamaindex_clipverify.facts.disk_cache import Shelf
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.facts.memory import Memory
from llamaindex_clipverify.facts.observation import observe
from llamaindex_clipverify.models.pickling import Portable
from llamaindex_clipverify.models.protocols import Detector, Encoder, Grounder, Reader
from llamaindex_clipverify.models.registry import as_encoder, load_detector, load_grounder, load_reader
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.report import Calibration, CheckedClaim, ClaimMap, ObjectAgreement, Report
from llamaindex_clipverify.trust.fusion import Trust, fuse
from llamaindex_clipverify.trust.profile import TRANSFERRED, Profile, bundled
from llamaindex_clipverify.trust.verdict import Policy, Verdict
from llamaindex_clipverify.verification.typography import reason, swaying, withdrawn

if TYPE_CHECKING:
    from llamaindex_clipverify.explainers.words import WordMap

_AT_ONCE = 32
_CLEARLY = 0.5
"""Confidence from which a thing that the answer does not name counts as missing from it."""


class Verifier(Portable):
    """Splits an answer into claims, lets every check look and judge, and fuses what they say into trust and verdicts.

    Facts of the last `remember` pictures are kept, so that a picture is looked at once. Thread-safe. Pickles as what it was made
    with: models by their names, without weights.
    """

    _not_pickled = {"_facts": OrderedDict}  # noqa: RUF012

    def __init__(
        self,
        checks: Sequence[Check],
        *,
        profile: Profile | None = None,
        splitter: Splitter | None = None,
        policy: Policy | None = None,
        encoder: Encoder | None = None,
        detector: Detector | None = None,
        transferred: Profile | None = None,
        grounder: Grounder | None = None,
        memory: Memory | None = None,
        remember: int = 512,
    ) -> None:
        """Verify with these checks. Most people want `from_defaults`, `tiny` or `from_profile`.

        Args:
            checks: Any objects with the methods of `Check`.
            profile: Fitted weights; without, trust is uncalibrated.
            splitter: Reads answers. Without one, English and Korean are read, each by its own.
            policy: Thresholds of the verdicts.
            encoder: The encoder behind the checks, for heat maps.
            detector: The detector behind the checks, for the list of objects.
            transferred: Weights fitted with other encoders, instead of the bundled ones; see `beside`.
            grounder: Reads passages for what no picture can show; without one, by the words they share.
            memory: Where facts are kept beyond this process: an index, or a `DiskMemory`.
            remember: How many pictures' facts to keep in this one.
        """
        self.checks = tuple(checks)
        self.profile = profile
        self.splitter = splitter or EnglishSplitter()
        self._splitters: dict[str, Splitter] = {self.splitter.language: self.splitter}
        if splitter is None:
            self._splitters["ko"] = KoreanSplitter()
        asked = policy or Policy()
        self.policy = asked.on(profile.held, profile.data) if profile else asked.on(None, "no profile")
        self.encoder = encoder
        self.detector = detector
        self.transferred = transferred
        self.grounder = grounder or SharedWords()
        self.memory = memory
        self._remember = remember
        self._facts: OrderedDict[str, Facts] = OrderedDict()
        self._lock = RLock()

    # -- making one -----------------------------------------------------------------------------------------------

    @classmethod
    def from_defaults(
        cls,
        encoder: str | Encoder | Sequence[str] | None = None,
        detector: str | Detector | Sequence[str] | None = None,
        *,
        reader: str | Reader | None = None,
        grounder: str | Grounder | None = None,
        profile: str | Profile | None = None,
        reference: Sequence[Any] = (),
        texts: Shelf | None = None,
        checks: Sequence[Check] = (),
        regions: int = 16,
        **options: Any,
    ) -> Verifier:
        """Make a verifier of an encoder, a detector, a reader, or several of them, each a name or an object.

        Args:
            encoder: ``tiny``, a hub id, a folder, an `Encoder`, or a LlamaIndex ``MultiModalEmbedding``; several names vote.
            detector: ``tiny``, a YOLO file, ``transformers:ID``, ``none``, or a `Detector`; several names vote, and
                ``views:YOLO_FILE`` looks at each picture six times.
            reader: ``rapidocr``, ``none``, or a `Reader`: reads what is written in pictures. None by default, because reading
                a picture takes longer than all the tiny models together.
            grounder: ``transformers:ID`` of a model of entailment, or a `Grounder`: reads passages. Without one, shared words do.
            profile: A profile or its path; without, the bundled profile that was fitted with one of these models, if any.
            reference: Pictures of your own, 20 to some hundreds, for an encoder without a profile; see `beside`.
            texts: Where the vectors of phrases are kept beyond this process.
            checks: Further checks of your own.
            regions: Region budget: crops encoded per picture. 0 leaves the check out.
            **options: Passed to `Verifier`: splitter, policy, remember.

        Raises:
            DataError: Neither encoder, detector nor reader is named: no model is ever chosen silently.
        """
        seeing, finding = _together(encoder), _together(detector)
        eye = None if seeing is None else as_encoder(seeing)
        finder = load_detector(finding) if isinstance(finding, str) else finding
        words = load_reader(reader) if isinstance(reader, str) else reader
        if eye is None and finder is None and words is None:
            raise DataError(
                "no model named", do="give encoder=, detector= or both; or use Verifier.tiny() on drawn scenes"
            )
        all_checks = [*_checks(eye, finder, words, regions, texts), *checks]
        known = Profile.load(profile) if isinstance(profile, str) else profile or _fitting(all_checks)
        ground = load_grounder(grounder) if isinstance(grounder, str) else grounder
        made = cls(all_checks, profile=known, encoder=eye, detector=finder, grounder=ground, **options)
        return made.beside(made.facts(reference)) if len(reference) else made

    @classmethod
    def tiny(cls, **options: Any) -> Verifier:
        """Make a verifier of the bundled models, which know drawn scenes and nothing else."""
        return cls.from_defaults("tiny", "tiny", profile="tiny", **options)

    @classmethod
    def from_profile(cls, path: str, **options: Any) -> Verifier:
        """Make a verifier with the models that a profile names."""
        profile = Profile.load(path)
        names = {**{kind: profile.models.get(kind) for kind in ("encoder", "detector", "reader")}, **options}
        return cls.from_defaults(profile=profile, **names)

    @property
    def lacks_scale(self) -> bool:
        """Whether there is an encoder that no profile was fitted with, and no reference for it yet."""
        return self.encoder is not None and "contrast" not in self._parts and self.transferred is None

    def beside(self, facts: Sequence[Facts]) -> Verifier:
        """Return the verifier with reference pictures: the encoder's word on a claim is compared with its word on it there.

        That gives an encoder that no profile was fitted with a trust all the same, with weights fitted with other encoders: the
        state *transferred*. Pictures like those to be verified do best; they need no labels.

        Args:
            facts: Of 20 pictures at least, as `facts` returns.

        Raises:
            DataError: They are fewer, or there is no encoder.
        """
        if self.encoder is None:
            raise DataError("reference pictures are for an encoder", got="none", do="name one with encoder=")
        reference = Reference.of(facts)
        checks = [
            replace(one, reference=reference) if isinstance(one, (Similarity, Contrast, Regions)) else one
            for one in self.checks
        ]
        made = copy(self)
        made.checks, made.transferred = tuple(checks), self.transferred or Profile.load(TRANSFERRED)
        return made

    # -- verifying ------------------------------------------------------------------------------------------------

    def verify(
        self, answer: str, images: Sequence[Any], question: str | None = None, passages: Sequence[str] = ()
    ) -> Report:
        """Return the report on an answer.

        Args:
            answer: The text.
            images: Paths, bytes, arrays, PIL images or `Picture`s; URLs only as `Picture.of(url, allow_urls=True)`.
            question: Kept in the report.
            passages: Texts retrieved beside the pictures: they may support what no picture can show, and contradict nothing.

        Raises:
            DataError: The answer is blank, or there is neither picture nor passage.
            PictureError: A picture cannot be read.
        """
        result = next(self._verify([Answer.of(answer, images, question, passages)]))
        if isinstance(result, ClipVerifyError):
            raise result
        return result

    def unverified(self, answer: str, question: str | None, why: str) -> Report:
        """Return the report on an answer that cannot be checked: every claim unverifiable, and why."""
        language, claims = self._split(answer)
        checked = tuple(CheckedClaim(claim, None, "unverifiable", note=why) for claim in claims)
        return Report(answer, checked, question=question, language=language, notes=(why,), policy=self.policy)

    async def averify(
        self, answer: str, images: Sequence[Any], question: str | None = None, passages: Sequence[str] = ()
    ) -> Report:
        """Verify in a worker thread, so that the event loop goes on."""
        import asyncio

        return await asyncio.to_thread(self.verify, answer, images, question, passages)

    def verify_batch(self, answers: Sequence[Answer]) -> list[Report | ClipVerifyError]:
        """Return a report for each answer; one whose pictures cannot be read yields its error in its place."""
        return list(self._verify(answers))

    def facts(self, images: Sequence[Any]) -> list[Facts]:
        """Return what the checks saw in each picture, from memory where they have looked before.

        Raises:
            PictureError: A picture cannot be read.
        """
        pictures = [Picture.of(image) for image in images]
        facts, errors = self._look(pictures)
        for error in errors.values():
            raise error
        return [facts[id(picture)] for picture in pictures]

    def _verify(self, answers: Sequence[Answer]) -> Iterator[Report | ClipVerifyError]:
        started = time.perf_counter()
        split = [self._split(answer.text) for answer in answers]
        facts, errors = self._look([picture for answer in answers for picture in answer.pictures])
        looked = (time.perf_counter() - started) * 1000 / max(len(answers), 1)
        self._encode_texts([claim for language, claims in split for claim in claims if language])
        for answer, (language, claims) in zip(answers, split, strict=True):
            failed = next((errors[id(picture)] for picture in answer.pictures if id(picture) in errors), None)
            if failed is not None:
                yield failed
                continue
            began = time.perf_counter()
            report = self._report(answer, language, claims, [facts[id(picture)] for picture in answer.pictures])
            judged = (time.perf_counter() - began) * 1000
            yield replace(report, timings_ms={"observe": looked, "judge": judged, "total": looked + judged})

    def _split(self, text: str) -> tuple[str, list[Claim]]:
        """Return the language of a text and its claims, read by the splitter of that language if there is one."""
        language = language_of(text)
        return language, self.splitter_of(language).split(text)

    def splitter_of(self, language: str) -> Splitter:
        """Return the splitter that reads a language (ISO 639-1), the usual one if none does."""
        return self._splitters.get(language, self.splitter)

    def _look(self, pictures: Sequence[Picture]) -> tuple[dict[int, Facts], dict[int, PictureError]]:
        """Return, by `id()` of the picture object, the facts of readable pictures and the errors of the others.

        Pixels are held for `_AT_ONCE` pictures at a time.
        """
        facts: dict[int, Facts] = {}
        errors: dict[int, PictureError] = {}
        with self._lock:
            for start in range(0, len(pictures), _AT_ONCE):
                self._look_at(pictures[start : start + _AT_ONCE], facts, errors)
            while len(self._facts) > self._remember:
                self._facts.popitem(last=False)
        return facts, errors

    def _look_at(self, pictures: Sequence[Picture], facts: dict[int, Facts], errors: dict[int, PictureError]) -> None:
        recalled = self._recalled(pictures)
        opened: dict[str, Picture] = {}
        for picture in pictures:
            try:
                if picture.id not in self._facts:
                    self._facts[picture.id] = recalled.get(picture.id) or Facts(picture.id, picture.size)
                self._facts.move_to_end(picture.id)
                opened.setdefault(picture.id, picture)
                facts[id(picture)] = self._facts[picture.id]
            except PictureError as error:
                errors[id(picture)] = error
        found = [self._facts[content] for content in opened]
        before = [dict(one.made_by) for one in found]
        observe(self.checks, list(opened.values()), found)
        new = [one for one, made in zip(found, before, strict=True) if one.made_by != made]
        if self.memory is not None and new:
            self.memory.keep(new)
        for content in opened:
            if self._facts[content].failed:
                del self._facts[content]  # try again next time
        for picture in pictures:
            picture.forget()

    def _recalled(self, pictures: Sequence[Picture]) -> dict[str, Facts]:
        """Return the facts that the memory holds of pictures that can be read and are not known here."""
        if self.memory is None:
            return {}
        wanted = []
        for picture in pictures:
            with suppress(PictureError):
                if picture.id not in self._facts:
                    wanted.append(picture.id)
        return self.memory.recall(list(dict.fromkeys(wanted)), self.checks) if wanted else {}

    def _encode_texts(self, claims: Sequence[Claim]) -> None:
        """Encode the phrases of many claims in few batches, before they are judged one by one."""
        wanted: dict[int, tuple[TextVectors, list[str]]] = {}
        for check in self.checks:
            if isinstance(check, (Similarity, Contrast, Regions)):
                _, phrases = wanted.setdefault(id(check.texts), (check.texts, []))
                phrases += [phrase for claim in claims for phrase in check.phrases(claim)]
        for table, phrases in wanted.values():
            if phrases:
                table.of(phrases[: table.limit])

    # -- one report -----------------------------------------------------------------------------------------------

    def _report(self, answer: Answer, language: str, claims: Sequence[Claim], facts: Sequence[Facts]) -> Report:
        readable = language in self._splitters
        active = [self._active(one) for one in facts]
        checked = [
            self._check(claim, facts, active) if readable else _unread(claim, language, self._readable)
            for claim in claims
        ]
        if answer.passages and readable:
            spans = sentences(answer.text)
            checked = [self._in_passages(one, answer, spans) if one[1].value is None else one for one in checked]
        return Report(
            answer.text,
            tuple(one for one, _ in checked),
            question=answer.question,
            language=language,
            calibration=_calibration([trust for _, trust in checked]),
            profile=self.profile.name if self.profile else None,
            object_agreement=self._agreement([one.claim for one, _ in checked] if readable else [], facts),
            pictures=answer.pictures,
            models={name: model for name, model in self._models.items() if model},
            notes=tuple(self._notes(facts, checked, language)),
            policy=self.policy,
            answers=self.profile.answers if self.profile else None,
        )

    @property
    def _readable(self) -> str:
        """The languages that are read, for a note: ``'en', 'ko'``."""
        return ", ".join(repr(language) for language in self._splitters)

    def _check(
        self, claim: Claim, facts: Sequence[Facts], parts: Sequence[frozenset[str]]
    ) -> tuple[CheckedClaim, Trust]:
        """Judge a claim; `parts` are the checks active in each picture."""
        if not facts:
            return CheckedClaim(claim, None, "unverifiable", note="no picture was given"), Trust(None)
        if claim.cites is not None and claim.cites < len(facts):
            facts, parts = [facts[claim.cites]], [parts[claim.cites]]
        judged = self._seen_kind(claim, facts)
        looks = [self.evidence(judged, one) for one in facts]
        active = list(parts)
        trust = self._fuse(judged, looks, active)
        swayed = self._swaying(judged, facts, active, trust)
        for place, line in swayed.items():
            looks[place], active[place] = withdrawn(looks[place], line), active[place].difference(SWAYED)
        if swayed:
            trust = self._fuse(judged, looks, active)
        evidence = looks[trust.picture if trust.picture is not None else next(iter(swayed), 0)]
        stated = tuple(one.inverted() if claim.negated else one for one in evidence)
        verdict = self.policy.verdict(trust.value)
        note = next(map(reason, swayed.values()), "") if trust.value is None else ""
        if trust.value is None and not note:
            note = self._why_unverifiable(claim, facts, evidence)
        if trust.value is not None and verdict == "unverifiable":
            note = "the evidence is undecided"
        return CheckedClaim(claim, trust.value, verdict, stated, trust.shares, note), trust

    def _in_passages(
        self, unseen: tuple[CheckedClaim, Trust], answer: Answer, spans: Sequence[tuple[int, int]]
    ) -> tuple[CheckedClaim, Trust]:
        """Return a claim that nothing visual could check, supported by a passage that says its whole sentence, if one does."""
        claim = unseen[0].claim
        begin, end = next((span for span in spans if span[0] <= claim.start < span[1]), (claim.start, claim.end))
        found = grounded(answer.text[begin:end], answer.passages, self.grounder)
        if found is None:
            return unseen
        trust = Trust(found.score)
        verdict: Verdict = "supported" if self.policy.alpha is None else "unverifiable"
        evidence = (*unseen[0].evidence, found)
        note = "" if verdict == "supported" else "no guarantee covers passages"
        return CheckedClaim(claim, found.score, verdict, evidence, {}, note), trust

    def judge(self, claim: Claim, facts: Sequence[Facts]) -> Trust:
        """Return the trust in a claim about pictures whose facts are known; the guard against written words takes no part."""
        judged = self._seen_kind(claim, facts)
        looks = [self.evidence(judged, one) for one in facts]
        return self._fuse(judged, looks, [self._active(one) for one in facts])

    def _fuse(self, claim: Claim, looks: Sequence[Sequence[Evidence]], active: Sequence[frozenset[str]]) -> Trust:
        return fuse(claim, looks, self.profile, active, self._foreign_detector(), self._borrowed)

    def _swaying(
        self, claim: Claim, facts: Sequence[Facts], active: Sequence[frozenset[str]], trust: Trust
    ) -> dict[int, str]:
        """Return, by picture, the written lines without which the verdict would be another."""

        def decide(others: Sequence[Facts]) -> Verdict:
            looks = [self.evidence(claim, one) for one in others]
            return self.policy.verdict(self._fuse(claim, looks, active).value)

        return swaying(claim, facts, self.policy.verdict(trust.value), decide)

    def _seen_kind(self, claim: Claim, facts: Sequence[Facts]) -> Claim:
        """Return the claim about the kind that the detector sees, for a noun like *animal* that no model knows itself."""
        classes = self.detector.labels if self.detector is not None else None
        if claim.kind != "object" or claim.noun is None or classes is None or claim.noun in classes:
            return claim
        kinds = claim.words.kinds(claim.noun, classes)
        seen = {kind: max((confidence(one, kind) or 0.0 for one in facts), default=0.0) for kind in kinds}
        best = max(seen, key=lambda kind: seen[kind], default=None)
        return claim.swap(noun=best, known=True) if best is not None and seen[best] >= SEEN else claim

    def evidence(self, claim: Claim, facts: Facts) -> list[Evidence]:
        """Return what each check says of a claim's positive form in one picture; a check that fails says so."""
        found = []
        for check in self.checks:
            if check.name in facts.failed:
                found.append(Evidence(check.name, "failed", reason=facts.failed[check.name], picture=facts.picture))
                continue
            try:
                evidence = check.judge(claim, facts)
            except Exception as error:  # noqa: BLE001 - a failed check is shown, never averaged
                evidence = Evidence(
                    check.name, "failed", reason=f"{type(error).__name__}: {error}", picture=facts.picture
                )
            if evidence is not None:
                found.append(evidence)
        return found

    @cached_property
    def _models(self) -> dict[str, str]:
        """Check to the id of the model behind it."""
        return {check.name: check.model for check in self.checks}

    def _active(self, facts: Facts) -> frozenset[str]:
        """Return the checks whose part of the profile fits the models in use and this picture."""
        if self.profile is None or (self.profile.gate is not None and not self.profile.gate.admits(facts)):
            return frozenset()
        return self._parts

    @cached_property
    def _parts(self) -> frozenset[str]:
        """The checks whose part of the profile fits the models in use."""
        return frozenset() if self.profile is None else self.profile.active(self._models)

    def _foreign_detector(self) -> bool:
        """Whether the detector is not the one the profile was fitted with."""
        return "objects" not in self._parts

    @property
    def _borrowed(self) -> Profile | None:
        """The transferred weights; None for the encoder that the profile was fitted with: it is silent for a reason."""
        return None if "contrast" in self._parts else self.transferred

    def _why_unverifiable(self, claim: Claim, facts: Sequence[Facts], evidence: Sequence[Evidence]) -> str:
        if claim.kind == "text":
            read = next((one.reason for one in evidence if one.check == "written_text"), None)
            return read or "nothing reads written words: name a reader (rapidocr)"
        if claim.kind in ("other", "action"):
            return "nothing a picture can show" if claim.kind == "other" else "no check judges actions yet"
        if claim.words.language != "en":
            return f"no model in use reads “{claim.noun}”"
        if claim.narrow and (claim.negated or claim.kind == "count"):
            return f"no check can tell a {claim.narrow} from another {claim.noun}"
        if self.profile is not None and not any(self._active(one) for one in facts):
            return "no model in use knows such pictures"
        if self.profile is not None and not all(self._active(one) for one in facts):
            return "a picture that no model in use knows may show it"
        if self.profile is not None and not self.profile.knows(claim):
            return (
                f"the models in use do not know “{claim.noun}”" if claim.noun else "no check is fitted for such claims"
            )
        silent = [one.reason for one in evidence if one.stance == "silent" and one.score is None and one.reason]
        return silent[0] if silent else "no check could decide"

    def _agreement(self, claims: Sequence[Claim], facts: Sequence[Facts]) -> ObjectAgreement:
        if self.detector is None or not any(self._may_list(one) for one in facts):
            return ObjectAgreement()
        classes = self.detector.labels
        named = dict.fromkeys(
            noun for claim in claims if not claim.negated for noun in (claim.noun, claim.reference) if noun
        )
        seen = dict.fromkeys(box.label for one in facts for box in sightings(one, floor=SEEN))
        clearly = dict.fromkeys(box.label for one in facts for box in sightings(one, floor=_CLEARLY))
        checkable = [noun for noun in named if classes is None or noun in classes]
        covered = {kind for noun in named if noun not in (classes or ()) for kind in english().kinds(noun, clearly)}
        agreed = sum(noun in seen for noun in checkable)
        return ObjectAgreement(
            tuple(named),
            tuple(seen),
            tuple(noun for noun in checkable if noun not in seen),
            tuple(label for label in clearly if label not in named and label not in covered),
            agreed / len(checkable) if checkable else None,
        )

    def _may_list(self, facts: Facts) -> bool:
        """Whether the detector's boxes mean anything in this picture: not if it is the profile's, and out of its domain."""
        return facts.of("objects") is not None and (self._foreign_detector() or "objects" in self._active(facts))

    def _notes(
        self, facts: Sequence[Facts], checked: Sequence[tuple[CheckedClaim, Trust]], language: str
    ) -> Iterator[str]:
        if language not in self._splitters:
            yield f"nothing was checked: {_unreadable(language, self._readable)}"
        yield from sorted({f"{name} failed: {why}" for one in facts for name, why in one.failed.items()})
        if self.policy.guarantee is not None:
            yield from self.policy.guarantee.lines()
        profile, lent = self.profile, self._borrowed
        if lent is not None and any(trust.state == "transferred" for _, trust in checked):
            yield (
                f"no profile is fitted for this encoder: its trust is transferred from {lent.data}, on the scale of the "
                "reference pictures given; calibrate on labels of your own for figures to be relied on"
            )
        if profile is None:
            if lent is not None and not any(map(_taken_plainly, checked)):
                return
            whose = "reader's" if self.detector is None and "written_text" in self._models else "detector's"
            yield f"no profile is fitted for these models: trust is the {whose} plain confidence"
            return
        strange = [one.name for one in self.checks if one.name in profile.parts and one.name not in self._parts]
        if strange:
            names = ", ".join(strange)
            yield f"profile {profile.name!r} was fitted with other models than those of {names}: it cannot weigh them"
        outside = sum(profile.gate is not None and not profile.gate.admits(one) for one in facts)
        if outside:
            which = f"{outside} of {len(facts)} pictures look" if len(facts) > 1 else "the picture looks"
            yield (
                f"{which} unlike those of profile {profile.name!r} ({profile.data}), so its models weigh nothing there; "
                f"for photographs use real models: {profile.real_models}"
            )

    # -- heat maps ------------------------------------------------------------------------------------------------

    def heat_maps(self, texts: Sequence[str], image: Any, method: str | None = None) -> list[HeatMap]:
        """Return one heat map for each text on one picture, tried against the foils of the one thing that the text names.

        Args:
            texts: Noun phrases ("a red bus").
            image: What `Picture.of` takes.
            method: See `explainers.METHODS`; the best that the encoder allows when None.

        Raises:
            ModelError: There is no encoder to explain.
            DataError: The method is unknown.
            MissingExtraError: The method goes through pytorch-grad-cam, which is not installed.
        """
        return self.explainer.explain(Picture.of(image), texts, method, [self._foils_of(text) for text in texts])

    def _foils_of(self, text: str) -> list[str]:
        claims = [claim for claim in self.splitter.split(f"There is {text}.") if claim.noun is not None]
        return [foil.phrase for foil in pictured(claims[0])[1]] if len(claims) == 1 else []

    @cached_property
    def explainer(self) -> Explainer:
        """What draws heat maps for the encoder.

        Raises:
            ModelError: There is no encoder, or none whose layers can be looked into.
        """
        if self.encoder is None:
            raise ModelError("heat maps need an encoder", got="a detector alone", do="name one with encoder=")
        return load_explainer(self.encoder)

    def words(self, text: str, image: Any, method: str = "swaps") -> WordMap:
        """Return how much each word of an English text speaks for a picture; `WordMap.wrong` is the one that speaks against.

        Args:
            text: A caption or a claim.
            image: What `Picture.of` takes.
            method: See `explainers.words.METHODS`.

        Raises:
            ModelError: There is no encoder, or none whose layers can be looked into.
            DataError: The method is unknown, or the text holds no word.
            MissingExtraError: The method is captum's, which is not installed.
        """
        self.explainer  # noqa: B018 - says what is missing
        from llamaindex_clipverify.explainers.words import word_map

        encoder: Any = self.encoder
        return word_map(encoder, encoder.encode_images([Picture.of(image).image])[0], text, method)

    def explain(
        self, report: Report, method: str | Sequence[str] | None = None, claims: Sequence[int] | None = None
    ) -> Report:
        """Return the report with heat maps of the claims that have a noun, each on the picture its evidence is about.

        Args:
            report: What `verify` returned.
            method: See `explainers.METHODS`; the best that the encoder allows when None, several where several are given, and for
                ``all`` those of `explainers.SHOWN` that the encoder suits: what a page lets its reader switch between.
            claims: Indices of the claims to explain; all by default.
        """
        methods: list[str | None] = [method] if method is None or isinstance(method, str) else list(method)
        if method == "all":
            methods = [*shown(self.explainer)]
        wanted: dict[str, list[int]] = {}
        for place in range(len(report.claims)) if claims is None else claims:
            one = report.claims[place]
            if one.claim.noun is not None and one.picture is not None and one.trust is not None:
                wanted.setdefault(one.picture, []).append(place)
        maps = list(report.maps)
        for content_id, places in wanted.items():
            picture = report.picture(content_id)
            if picture is None:
                continue
            things = [pictured(report.claims[place].claim) for place in places]
            texts = [claim.phrase for claim, _ in things]
            foils = [[foil.phrase for foil in rivals] for _, rivals in things]
            for name in methods:
                drawn = self.explainer.explain(picture, texts, name, foils)
                maps += [ClaimMap(place, content_id, one) for place, one in zip(places, drawn, strict=True)]
        return replace(report, maps=tuple(maps))


def _together(names: Any) -> Any:
    """Return several names as one with commas; anything else as it is."""
    return ",".join(names) if isinstance(names, (list, tuple)) else names


def _checks(
    encoder: Encoder | None, detector: Detector | None, reader: Reader | None, regions: int, shelf: Shelf | None
) -> list[Check]:
    checks: list[Check] = [Domain()]
    if reader is not None:
        checks.append(WrittenText(reader))
    if detector is not None:
        checks += [Objects(detector), Colour(), Relations()]
    if encoder is not None:
        texts = TextVectors(encoder, shelf=shelf)
        checks += [Similarity(texts), Contrast(texts)]
        if regions:
            checks.append(Regions(texts, regions))
        if reader is not None:
            checks.append(Lettering(encoder, reader))
    return checks


def _fitting(checks: Sequence[Check]) -> Profile | None:
    """Return the bundled profile with the most parts fitted with the very models in use; at least one with a model."""
    models = {check.name: check.model for check in checks}
    fits = [(sum(bool(models[check]) for check in profile.active(models)), profile) for profile in bundled()]
    best = max(fits, key=lambda row: row[0], default=(0, None))
    return best[1] if best[0] else None


def _unread(claim: Claim, language: str, readable: str) -> tuple[CheckedClaim, Trust]:
    return CheckedClaim(claim, None, "unverifiable", note=_unreadable(language, readable)), Trust(None)


def _unreadable(language: str, readable: str) -> str:
    told = "the language of the answer could not be told" if language == UNKNOWN else f"the answer is in {language!r}"
    return f"{told}; the splitter reads {readable}"


def _taken_plainly(checked: tuple[CheckedClaim, Trust]) -> bool:
    """Whether a claim's trust is what a detector or reader says, unweighed."""
    one, trust = checked
    by_passage = any(evidence.check == "passages" for evidence in one.evidence)
    return trust.value is not None and trust.state == "uncalibrated" and not by_passage


def _calibration(trusts: Sequence[Trust]) -> Calibration:
    """Name the weakest state among the claims that have a trust."""
    states = {trust.state for trust in trusts if trust.value is not None}
    order: tuple[Calibration, ...] = ("uncalibrated", "transferred", "calibrated")
    return next((state for state in order if state in states), "uncalibrated")

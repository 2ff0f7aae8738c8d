"""The verifier: from an answer and its pictures to a report."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llamaindex_clipverify import tracing
from llamaindex_clipverify.answer import Answer, Source, sources_given
from llamaindex_clipverify.boundary.failures import telling
from llamaindex_clipverify.claims.claim import Claim, Splitter
from llamaindex_clipverify.errors import (
    ClipVerifyError,
    DataError,
    MissingExtraError,
    ModelError,
    PictureError,
    VerificationError,
)
from llamaindex_clipverify.evidence.check import Check, EncoderCheck
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.evidence.passages import SharedWords
from llamaindex_clipverify.evidence.reference import Reference
from llamaindex_clipverify.evidence.sightings import sightings
from llamaindex_clipverify.evidence.text_vectors import TextVectors
from llamaindex_clipverify.evidence.vectors import picture_vector
from llamaindex_clipverify.facts.disk_cache import DiskCache
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.facts.memory import Memory
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.models.encoding import text_vectors
from llamaindex_clipverify.models.pickling import Portable
from llamaindex_clipverify.models.protocols import Detector, Encoder, Grounder, Reader
from llamaindex_clipverify.node_pictures import in_folders
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.observability import attributes_of
from llamaindex_clipverify.report.report import CheckedClaim, Report
from llamaindex_clipverify.trust.fusion import Trust
from llamaindex_clipverify.trust.profile import COMMON_NOUNS, TRANSFERRED, Profile
from llamaindex_clipverify.trust.verdict import Policy
from llamaindex_clipverify.verification.asking import Questions
from llamaindex_clipverify.verification.build import parts_of_verifier
from llamaindex_clipverify.verification.explain import ExplainingVerifier
from llamaindex_clipverify.verification.facts_cache import FactsCache
from llamaindex_clipverify.verification.implied import presences
from llamaindex_clipverify.verification.judging import Active, Assembly, Checked, Judge
from llamaindex_clipverify.verification.looking import Looked
from llamaindex_clipverify.verification.reading import Reading, Splitters

if TYPE_CHECKING:
    from llamaindex_clipverify.remote.verifier import RemoteVerifier
    from llamaindex_clipverify.verification.streaming import StreamingVerifier, VerifiedSentence


@dataclass(frozen=True)
class Fit:
    """How a picture fits a text."""

    cosine: float
    """-1 to 1; comparable within one encoder only."""
    objects: tuple[str, ...] = ()
    """What the detector sees in the picture, in alphabetical order."""


class Verifier(ExplainingVerifier, Portable):
    """Splits an answer into claims, runs every check, and fuses the evidence into trust and verdicts.

    The facts of the last `remember` pictures are kept, so that a picture is observed once. Thread-safe. Pickles without weights:
    models travel by name.
    """

    def __init__(
        self,
        checks: Sequence[Check],
        *,
        profile: Profile | None = None,
        splitter: str | Splitter | None = None,
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
            checks: Objects with the methods of `Check`.
            profile: Fitted weights. Default: none, trust is uncalibrated.
            splitter: Reads answers. Default: one for English and one for Korean; ``spacy:NAME`` lets a spaCy pipeline parse
                English.
            policy: Thresholds of the verdicts.
            encoder: The encoder of the checks; needed for heat maps.
            detector: The detector of the checks; needed for object agreement.
            transferred: Weights fitted with another encoder, for one without a profile. Default: the bundled ones, which need no
                reference pictures, or those of `with_reference`.
            grounder: Compares statements with passages. Default: word overlap.
            memory: Keeps facts beyond this process: an index, or a `DiskMemory`.
            remember: Number of pictures whose facts are kept in this process.

        Raises:
            DataError: Something else than checks is given, such as the name of a model.
        """
        if not all(hasattr(check, "judge") for check in checks):
            raise DataError("a verifier takes checks", got=repr(checks), do="name models with Verifier.from_defaults")
        self.checks = checks
        self.profile = profile
        self.splitters = Splitters(splitter)
        asked = policy or Policy()
        self.policy = asked.on(profile.holdout, profile.data) if profile else asked.on(None, "no profile")
        self.encoder = encoder
        self.detector = detector
        self.transferred = transferred
        self.grounder = grounder or SharedWords()
        self._facts = FactsCache(remember, memory)
        self._questions = Questions(remember, self._facts.keep)

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
        texts: DiskCache | None = None,
        checks: Sequence[Check] = (),
        regions: int = 16,
        **options: Any,
    ) -> Verifier:
        """Make a verifier from an encoder, a detector and a reader, each a name or an object.

        Args:
            encoder: ``tiny``, a hub id, a folder, an `Encoder`, or a LlamaIndex ``MultiModalEmbedding``; several names form an
                ensemble.
            detector: ``tiny``, a YOLO file, ``transformers:ID``, ``none``, or a `Detector`; several names form an ensemble, and
                ``views:YOLO_FILE`` runs on six views of each picture.
            reader: Reads words in pictures (OCR): ``rapidocr``, ``none``, or a `Reader`. Default: none, because OCR takes longer
                than all the tiny models together.
            grounder: Compares statements with passages: ``transformers:ID`` of an entailment model, or a `Grounder`. Default:
                word overlap.
            profile: A profile or its path. Default: the bundled profile that was fitted with one of these models, if any.
            reference: 20 to some hundreds of your own pictures, or folders of them, for an encoder without a profile; see
                `with_reference`.
            texts: Cache of text vectors on disk.
            checks: Further checks of your own.
            regions: Region budget: crops encoded per picture. 0 leaves the check out.
            **options: ``device=`` (torch device of the named encoder and detector; default: the GPU if available, else the CPU),
                ``dtype=`` (precision of a named encoder: ``float32``, ``float16`` or ``bfloat16``), and what `Verifier` takes:
                splitter, policy, memory, remember.

        Raises:
            DataError: Neither encoder, detector nor reader is named: no model is chosen silently.
            ModelError: A name, device or precision is unknown.
        """
        parts = parts_of_verifier(
            encoder,
            detector,
            reader=reader,
            grounder=grounder,
            profile=profile,
            texts=texts,
            checks=checks,
            regions=regions,
            device=options.pop("device", None),
            dtype=options.pop("dtype", None),
        )
        verifier = cls(**parts, **options)
        return verifier.with_reference(verifier.facts(in_folders(reference))) if len(reference) else verifier

    def __repr__(self) -> str:
        """Show the models, the profile and the checks."""
        models = {"encoder": self.encoder, "detector": self.detector}
        named = [f"{kind}={model.id!r}" for kind, model in models.items() if model is not None]
        profile = f"profile={self.profile.name!r}" if self.profile is not None else "profile=None"
        return f"Verifier({', '.join([*named, profile])}, checks={[check.name for check in self.checks]})"

    @classmethod
    def tiny(cls, **options: Any) -> Verifier:
        """Make a verifier with the bundled models, which know drawn scenes only."""
        return cls.from_defaults("tiny", "tiny", profile="tiny", **options)

    @classmethod
    def from_profile(cls, path: str, **options: Any) -> Verifier:
        """Make a verifier with the models that a profile names."""
        profile = Profile.load(path)
        names = {**{kind: profile.models.get(kind) for kind in ("encoder", "detector", "reader")}, **options}
        return cls.from_defaults(profile=profile, **names)

    @classmethod
    def remote(
        cls, url: str, *, api_key: str | None = None, timeout: float = 60.0, ca: str | Path | None = None
    ) -> RemoteVerifier:
        """Make a verifier whose models run in a server that ``clipverify serve`` started; no model is loaded here.

        It has the methods of a verifier, returns the same reports, and can be used wherever one can. What needs the models in
        this process raises an `OnlyLocalError`.

        Args:
            url: Address of the server: ``http://127.0.0.1:8700``.
            api_key: Default: the environment variable ``CLIPVERIFY_API_KEY``, if it is set.
            timeout: Seconds that one request may take.
            ca: File of the authorities that may have signed the certificate of an ``https`` server, in PEM. Default: the
                environment variable ``CLIPVERIFY_CA``, or the authorities of the system.

        Raises:
            DataError: The address is none, the file holds no authority, or it is given for an ``http`` server.
        """
        from llamaindex_clipverify.remote.verifier import RemoteVerifier

        return RemoteVerifier(url, api_key=api_key, timeout=timeout, ca=ca)

    @property
    def has_encoder(self) -> bool:
        """Whether it can compare texts with pictures: `fits`."""
        return self.encoder is not None

    @property
    def needs_reference(self) -> bool:
        """Whether no profile was fitted with the encoder, and there are no reference pictures yet."""
        return self.encoder is not None and self.transferred is None and not self._judge.has_fitted_encoder

    def with_reference(self, facts: Sequence[Facts]) -> Verifier:
        """Return the verifier with reference pictures, which standardise the scores of its encoder.

        An encoder that no profile was fitted with gets a trust from weights fitted with other encoders: the state *transferred*.
        Without reference pictures that is so for whole pictures and single things only, on the scale of common nouns; with them
        for regions and colours, too. Pictures like those to be verified are best; they need no labels.

        Args:
            facts: Of at least 20 pictures, as `facts` returns.

        Raises:
            DataError: There are fewer, or there is no encoder.
        """
        if self.encoder is None:
            raise DataError("reference pictures are for an encoder", got="none", do="name one with encoder=")
        reference = Reference.of(facts)
        verifier = copy(self)
        verifier.checks = [
            check.with_reference(reference) if isinstance(check, EncoderCheck) else check for check in self.checks
        ]
        verifier.transferred = self.transferred or _with_scenes(Profile.load(TRANSFERRED))
        return verifier

    # -- verifying ------------------------------------------------------------------------------------------------

    def verify(
        self,
        answer: str | Answer,
        images: Sequence[Any] = (),
        question: str | None = None,
        passages: Sequence[str] = (),
    ) -> Report:
        """Return the report on an answer.

        Args:
            answer: The text; or an `Answer`, which already has pictures, question and passages.
            images: Paths, bytes, arrays, PIL images or `Picture`s; URLs only as `Picture.of(url, allow_urls=True)`.
            question: Kept in the report.
            passages: Texts retrieved with the pictures: they may support what no picture can show, and never contradict.

        Raises:
            DataError: The answer is blank, or there is neither picture nor passage.
            PictureError: A picture cannot be read.
        """
        whole = answer if isinstance(answer, Answer) else Answer.of(answer, images, question, passages)
        [result] = self.verify_batch([whole])
        if isinstance(result, ClipVerifyError):
            raise result
        return result

    async def averify(
        self,
        answer: str | Answer,
        images: Sequence[Any] = (),
        question: str | None = None,
        passages: Sequence[str] = (),
    ) -> Report:
        """Verify in a worker thread, without blocking the event loop."""
        return await asyncio.to_thread(self.verify, answer, images, question, passages)

    def verify_batch(
        self, answers: Sequence[Answer], readings: Sequence[Reading | None] = ()
    ) -> list[Report | ClipVerifyError]:
        """Return a report for each answer, or in its place the error that kept it from being verified.

        Args:
            answers: The answers.
            readings: What the splitters read of each already; None, or none at all, for what is to be read here.
        """
        try:
            with (
                tracing.span("verify", "CHAIN") as span,
                telling(VerificationError, "the answers cannot be verified", do=_ONE_BY_ONE),
            ):
                results = self._verified(answers, readings or [None] * len(answers))
                if span.is_recorded and len(results) == 1 and isinstance(results[0], Report):
                    span.set(attributes_of(results[0]))
                return results
        except (MissingExtraError, ModelError) as error:
            return [error for _ in answers]
        except ClipVerifyError as error:
            return [error] if len(answers) == 1 else [self.verify_batch([answer])[0] for answer in answers]

    def _verified(self, answers: Sequence[Answer], known: Sequence[Reading | None]) -> list[Report | ClipVerifyError]:
        started = time.perf_counter()
        readings = [
            reading or self.splitters.read(answer.text, answer.question)
            for answer, reading in zip(answers, known, strict=True)
        ]
        with tracing.span("look", "CHAIN") as span:
            seen = self.observe([picture for answer in answers for picture in answer.pictures])
            span.set({"clipverify.pictures": len(seen)})
        observed = (time.perf_counter() - started) * 1000 / max(len(answers), 1)
        self.encode_texts([claim for reading in readings for claim in reading.claims])
        results: list[Report | ClipVerifyError] = []
        remaining = iter(seen)
        for answer, reading in zip(answers, readings, strict=True):
            own = list(islice(remaining, len(answer.pictures)))
            try:
                with telling(VerificationError, "the answer cannot be verified", do=_REPORT_IT):
                    results.append(self._timed(Looked.at(answer, own), reading, observed))
            except ClipVerifyError as error:
                results.append(error)
        return results

    def _timed(self, looked: Looked, reading: Reading, observed: float) -> Report:
        started = time.perf_counter()
        with tracing.span("judge", "EVALUATOR") as span:
            facts = self.ask(reading.claims, looked.facts)
            report = looked.noted(self._assembly.report(looked.answer, reading, facts, self.check))
            if span.is_recorded:
                span.set(attributes_of(report))
        judged = (time.perf_counter() - started) * 1000
        return replace(report, timings_ms={"observe": observed, "judge": judged, "total": observed + judged})

    def stream(self, sources: Sequence[Source], question: str | None = None) -> StreamingVerifier:
        """Return what verifies a growing answer on some sources; see `StreamingVerifier`."""
        from llamaindex_clipverify.verification.streaming import StreamingVerifier

        return StreamingVerifier(self, sources, question)

    def verify_stream(
        self,
        pieces: Iterable[str],
        images: Sequence[Any] = (),
        question: str | None = None,
        passages: Sequence[str] = (),
    ) -> Iterator[VerifiedSentence | Report]:
        """Yield each sentence of a growing answer when it is complete, and at the end the report on all of it.

        Args:
            pieces: The answer, as it comes.
            images: As for `verify`.
            question: As for `verify`.
            passages: As for `verify`.

        Raises:
            DataError: There is neither picture nor passage.
            PictureError: A picture cannot be read.
        """
        growing = self.stream(sources_given(images, passages), question)
        for piece in pieces:
            yield from growing.add(piece)
        yield growing.finish()

    def prior(self, kind: str) -> float:
        """Return the share of true claims of a kind by the profile, .5 when it is unknown."""
        return self.profile.prior(kind) if self.profile else 0.5

    def fits(self, question: str, pictures: Sequence[Picture]) -> list[Fit | None]:
        """Return how each picture fits a text; None for one that cannot be read or that the encoder could not see.

        Raises:
            ModelError: There is no encoder.
        """
        if self.encoder is None:
            raise ModelError("comparing needs an encoder", got="a verifier without one", do="name one with encoder=")
        text = text_vectors(self.encoder, [question])[0]
        return [_fit(known, text) if isinstance(known, Facts) else None for known in self.observe(pictures)]

    def unverified(self, answer: str, question: str | None, why: str) -> Report:
        """Return the report on an answer that cannot be checked: every claim is unverifiable, with the reason."""
        reading = self.splitters.read(answer, question)
        claims = tuple(
            CheckedClaim(claim=claim, trust=None, verdict="unverifiable", note=why) for claim in reading.claims
        )
        return Report(
            answer=answer,
            claims=claims,
            question=question,
            language=reading.language,
            notes=(why,),
            policy=self.policy,
        )

    # -- steps ----------------------------------------------------------------------------------------------------

    def observe(self, pictures: Sequence[Picture]) -> list[Facts | PictureError]:
        """Return, for each picture, what the checks saw in it, or the error if it cannot be read."""
        seen = self._facts.observe(self.checks, pictures)
        if self._is_open:
            self._questions.hold(picture for picture, one in zip(pictures, seen, strict=True) if isinstance(one, Facts))
        return seen

    def ask(self, claims: Sequence[Claim], facts: Sequence[Facts]) -> list[Facts]:
        """Return facts with an open-vocabulary detector's answers on the nouns of some claims; see `Questions`."""
        if self.detector is None or not self._is_open:
            return list(facts)
        return [self._questions.ask(self.detector, self.checks, claims, known) for known in facts]

    @property
    def _is_open(self) -> bool:
        return self.detector is not None and self.detector.labels is None

    def look(self, answer: Answer) -> Looked:
        """Return what was seen in the pictures of an answer.

        Raises:
            PictureError: A picture cannot be read; of an answer that is partial, none can, and there is no passage.
        """
        return Looked.at(answer, self.observe(answer.pictures))

    def facts(self, images: Sequence[Any]) -> list[Facts]:
        """Return what the checks saw in each picture; known pictures are not observed again.

        Raises:
            PictureError: A picture cannot be read.
        """
        facts = []
        for seen in self.observe([Picture.of(image) for image in images]):
            if not isinstance(seen, Facts):
                raise seen
            facts.append(seen)
        return facts

    def report(
        self,
        answer: Answer,
        facts: Sequence[Facts],
        check: Callable[[Claim, Sequence[Facts], Active], Checked] | None = None,
    ) -> Report:
        """Return the report on an answer whose pictures are observed already.

        Args:
            answer: The answer.
            facts: Of each of its pictures.
            check: Checks one claim. Default: `check`.
        """
        reading = self.splitters.read(answer.text, answer.question)
        self.encode_texts(reading.claims)
        return self._assembly.report(answer, reading, facts, check or self.check)

    def check(self, claim: Claim, facts: Sequence[Facts], weighable: Active | None = None) -> Checked:
        """Return a claim about observed pictures with verdict and evidence, and its trust; `weighable` as in `Judge.check`."""
        return self._judge.check(claim, self.ask([claim], facts), weighable)

    def judge(self, claim: Claim, facts: Sequence[Facts]) -> Trust:
        """Return the trust in a claim about observed pictures, without the guard against typographic attacks."""
        return self._judge.trust(claim, self.ask([claim], facts))

    def evidence(self, claim: Claim, facts: Facts) -> list[Evidence]:
        """Return the evidence of each check on the positive form of a claim in one picture; a failed check is shown as failed."""
        return self._judge.evidence(claim, facts)

    def encode_texts(self, claims: Sequence[Claim]) -> None:
        """Encode the texts that the checks compare in few batches, before the claims are judged one by one."""
        claims = [*claims, *(implied for claim in claims for implied in presences(claim))]
        wanted: dict[int, tuple[TextVectors, list[str]]] = {}
        for check in self._encoder_checks:
            _, phrases = wanted.setdefault(id(check.texts), (check.texts, []))
            phrases += [phrase for claim in claims for phrase in check.phrases(claim)]
        for texts, phrases in wanted.values():
            if phrases:
                texts.of(list(dict.fromkeys(phrases))[: texts.limit])

    @property
    def checks(self) -> tuple[Check, ...]:
        """The checks that see pictures and judge claims; assigning others takes effect with the next answer."""
        return self._checks

    @checks.setter
    def checks(self, checks: Sequence[Check]) -> None:
        self._checks = tuple(checks)
        self._encoder_checks = [check for check in self._checks if isinstance(check, EncoderCheck)]
        vars(self).pop("_judge", None)

    @property
    def splitter(self) -> Splitter:
        """The default splitter."""
        return self.splitters.default

    def splitter_of(self, language: str) -> Splitter:
        """Return the splitter for a language (ISO 639-1), or the default one."""
        return self.splitters.of(language)

    @property
    def memory(self) -> Memory | None:
        """Where facts are kept beyond this process."""
        return self._facts.memory

    @property
    def models(self) -> Mapping[str, str]:
        """Check to the id of its model, "" where it has none."""
        return self._judge.models

    @cached_property
    def _judge(self) -> Judge:
        classes = self.detector.labels if self.detector is not None else None
        transferred = self.transferred or (Profile.load(COMMON_NOUNS) if self.encoder is not None else None)
        return Judge(self.checks, self.profile, transferred, self.policy, classes)

    @property
    def _assembly(self) -> Assembly:
        return Assembly(self._judge, self.splitters.languages, self.grounder, self.detector)


_ONE_BY_ONE = "verify them one by one to see which"
_REPORT_IT = "leave it out; this is a fault of the package, worth a report"


def _with_scenes(transferred: Profile) -> Profile:
    """Return transferred weights with those kinds of claim that need no reference pictures."""
    return replace(transferred, kinds={**Profile.load(COMMON_NOUNS).kinds, **transferred.kinds})


def _fit(facts: Facts, text: Array) -> Fit | None:
    vector = picture_vector(facts)
    return None if vector is None else Fit(float(vector @ text), tuple(sorted({one.label for one in sightings(facts)})))

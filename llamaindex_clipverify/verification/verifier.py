"""The verifier: from an answer and its pictures to a report."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llamaindex_clipverify import tracing
from llamaindex_clipverify.answer import Answer, Source, sources_given
from llamaindex_clipverify.boundary.failures import telling
from llamaindex_clipverify.errors import (
    ClipVerifyError,
    DataError,
    MissingExtraError,
    ModelError,
    VerificationError,
)
from llamaindex_clipverify.evidence.check import Check, EncoderCheck
from llamaindex_clipverify.evidence.reference import Reference
from llamaindex_clipverify.facts.disk_cache import DiskCache
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.models.protocols import Detector, Encoder, Grounder, Reader
from llamaindex_clipverify.node_pictures import in_folders
from llamaindex_clipverify.report.observability import attributes_of
from llamaindex_clipverify.report.report import CheckedClaim, Report
from llamaindex_clipverify.trust.profile import COMMON_NOUNS, TRANSFERRED, Profile
from llamaindex_clipverify.verification.build import parts_of_verifier
from llamaindex_clipverify.verification.claim_verifier import ClaimVerifier
from llamaindex_clipverify.verification.looking import Looked
from llamaindex_clipverify.verification.reading import Reading

if TYPE_CHECKING:
    from llamaindex_clipverify.remote.verifier import RemoteVerifier
    from llamaindex_clipverify.verification.streaming import StreamingVerifier, VerifiedSentence


class Verifier(ClaimVerifier):
    """Splits an answer into claims, runs every check, and fuses the evidence into trust and verdicts.

    The facts of the last `remember` pictures are kept, so that a picture is observed once. Thread-safe. Pickles without weights:
    models travel by name.
    """

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


_ONE_BY_ONE = "verify them one by one to see which"
_REPORT_IT = "leave it out; this is a fault of the package, worth a report"


def _with_scenes(transferred: Profile) -> Profile:
    """Return transferred weights with those kinds of claim that need no reference pictures."""
    return replace(transferred, kinds={**Profile.load(COMMON_NOUNS).kinds, **transferred.kinds})

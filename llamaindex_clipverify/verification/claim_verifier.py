"""Judges single claims about pictures: the checks, what they saw, and the trust in a claim. The base of `Verifier`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from llamaindex_clipverify.answer import Answer
from llamaindex_clipverify.claims.claim import Claim, Splitter
from llamaindex_clipverify.errors import DataError, ModelError, PictureError
from llamaindex_clipverify.evidence.check import Check, EncoderCheck
from llamaindex_clipverify.evidence.evidence import Evidence
from llamaindex_clipverify.evidence.passages import SharedWords
from llamaindex_clipverify.evidence.sightings import sightings
from llamaindex_clipverify.evidence.text_vectors import TextVectors
from llamaindex_clipverify.evidence.vectors import picture_vector
from llamaindex_clipverify.facts.facts import Facts
from llamaindex_clipverify.facts.memory import Memory
from llamaindex_clipverify.geometry import Array
from llamaindex_clipverify.models.encoding import text_vectors
from llamaindex_clipverify.models.pickling import Portable
from llamaindex_clipverify.models.protocols import Detector, Encoder, Grounder
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.trust.fusion import Trust
from llamaindex_clipverify.trust.profile import COMMON_NOUNS, Profile
from llamaindex_clipverify.trust.verdict import Policy
from llamaindex_clipverify.verification.asking import Questions
from llamaindex_clipverify.verification.assembly import Assembly
from llamaindex_clipverify.verification.explain import ExplainingVerifier
from llamaindex_clipverify.verification.facts_cache import FactsCache
from llamaindex_clipverify.verification.implied import presences
from llamaindex_clipverify.verification.judging import Active, Checked, Judge
from llamaindex_clipverify.verification.looking import Looked
from llamaindex_clipverify.verification.reading import Splitters


@dataclass(frozen=True)
class Fit:
    """How a picture fits a text."""

    cosine: float
    """-1 to 1; comparable within one encoder only."""
    objects: tuple[str, ...] = ()
    """What the detector sees in the picture, in alphabetical order."""


class ClaimVerifier(ExplainingVerifier, Portable):
    """Observes pictures and judges claims about them; what a report is put together from."""

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

    def __repr__(self) -> str:
        """Show the models, the profile and the checks."""
        models = {"encoder": self.encoder, "detector": self.detector}
        named = [f"{kind}={model.id!r}" for kind, model in models.items() if model is not None]
        profile = f"profile={self.profile.name!r}" if self.profile is not None else "profile=None"
        return f"Verifier({', '.join([*named, profile])}, checks={[check.name for check in self.checks]})"

    @property
    def has_encoder(self) -> bool:
        """Whether it can compare texts with pictures: `fits`."""
        return self.encoder is not None

    @property
    def needs_reference(self) -> bool:
        """Whether no profile was fitted with the encoder, and there are no reference pictures yet."""
        return self.encoder is not None and self.transferred is None and not self._judge.has_fitted_encoder

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
            texts.prepare(phrases)

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


def _fit(facts: Facts, text: Array) -> Fit | None:
    vector = picture_vector(facts)
    return None if vector is None else Fit(float(vector @ text), tuple(sorted({one.label for one in sightings(facts)})))

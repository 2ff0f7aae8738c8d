"""What the fixture ``clipverify`` gives to a test: verifies answers, and recalls what was verified before from pytest's cache.

Imported when the first test asks for the fixture. The models are loaded when the first answer is not in the cache.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from llamaindex_clipverify.answer import Answer, sources_of
from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.integrations.assertions import complaint, require
from llamaindex_clipverify.integrations.pytest_run import Row, Run
from llamaindex_clipverify.models.identity import fingerprint, identity
from llamaindex_clipverify.models.registry import tiny_folder
from llamaindex_clipverify.node_pictures import Access, carries_picture
from llamaindex_clipverify.report.report import Report
from llamaindex_clipverify.report.requirement import Requirement
from llamaindex_clipverify.verification.verifier import Verifier


class Checker:
    """What the fixture gives to a test."""

    def __init__(self, run: Run, test: str, models: Any, min_trust: float, min_coverage: float) -> None:
        """Verify for one test."""
        self._run, self._test, self._models = run, test, models
        self._made = 0
        self.needed = Requirement(min_trust=min_trust, min_coverage=min_coverage)

    @property
    def verifier(self) -> Verifier:
        """The verifier, made on first use and kept for the run."""
        kept = self._run.__dict__.setdefault("verifiers", {})
        key = id(self._models)
        if key not in kept:
            kept[key] = _verifier(self._models)
        made: Verifier = kept[key]
        return made

    def verify(
        self,
        answer: Any,
        images: Sequence[Any] = (),
        question: str | None = None,
        passages: Sequence[str] = (),
        folders: Sequence[str | Path] = (),
    ) -> Report:
        """Return the report of an answer: from the cache where answer, pictures and models are unchanged.

        Args:
            answer: A text, or a response of LlamaIndex, whose pictures are those of its nodes.
            images: The pictures a text rests on.
            question: Kept in the report.
            passages: Texts it may rest on as well.
            folders: Where paths in a response's nodes may be opened.
        """
        return self._verified(_answer(answer, images, question, passages, folders), None)

    def assert_trusted(
        self,
        answer: Any,
        images: Sequence[Any] = (),
        question: str | None = None,
        passages: Sequence[str] = (),
        folders: Sequence[str | Path] = (),
        min_trust: float | None = None,
        min_coverage: float | None = None,
        allow_unverified: bool = False,
    ) -> Report:
        """Return the report of an answer that is trusted enough; arguments as `verify`.

        Raises:
            AssertionError: It is not; the message is the table of its claims.
        """
        __tracebackhide__ = True
        needed = replace(
            self.needed,
            min_trust=self.needed.min_trust if min_trust is None else min_trust,
            min_coverage=self.needed.min_coverage if min_coverage is None else min_coverage,
            allow_unverified=allow_unverified,
        )
        return require(self._verified(_answer(answer, images, question, passages, folders), needed), needed)

    def _verified(self, answer: Answer, needed: Requirement | None) -> Report:
        pictures = answer.pictures
        key = "" if answer.gaps else self._key(answer)
        report, cached = self._recalled(key, pictures)
        if report is None:
            report = self.verifier.verify(answer)
            if not report.gaps:  # what could not be read may be readable the next time
                self._keep(key, report)
        self._made += 1
        name = self._test if self._made == 1 else f"{self._test} #{self._made}"
        trust = None if report.trust is None else round(report.trust, 4)
        passed = not complaint(report, needed or replace(self.needed, allow_unverified=True))
        self._run.rows.append(
            Row(
                nodeid=self._test,
                test=name,
                trust=trust,
                passed=passed,
                cached=cached,
                report=report.to_dict(),
                pictures=[picture.uri for picture in pictures],
            )
        )
        return report

    def _key(self, answer: Answer) -> str:
        pictures = [picture.id for picture in answer.pictures]
        rests_on = [answer.text, pictures, answer.question, list(answer.passages)]
        parts = [version("llamaindex-clipverify"), _identities(self._models), *rests_on]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()

    def _file(self, key: str) -> Path | None:
        cache = self._run.cache
        return None if cache is None else cache.mkdir("clipverify") / f"{key}.json"

    def _recalled(self, key: str, pictures: Sequence[Any]) -> tuple[Report | None, bool]:
        path = self._file(key) if key else None
        if path is None or not path.is_file():
            return None, False
        try:
            kept = Report.from_dict(files.read_json(path, "the cached report cannot be read"))
        except DataError:  # damaged, or of another release
            return None, False
        return replace(kept, pictures=tuple(pictures)), True

    def _keep(self, key: str, report: Report) -> None:
        path = self._file(key)
        if path is not None:
            files.write_text(path, report.to_json(indent=None))


def _answer(
    answer: Any, images: Sequence[Any], question: str | None, passages: Sequence[str], folders: Sequence[str | Path]
) -> Answer:
    """Return a text or a response with its sources; pictures that the test names must be readable, those of nodes may be gaps."""
    nodes = getattr(answer, "source_nodes", None)
    if nodes is None:
        return Answer.of(str(answer), images, question, passages)
    # with images of the caller's own, the paths of nodes are not needed and nothing of them is opened
    kept = [node for node in nodes if not images or not carries_picture(getattr(node, "node", node))]
    named = Answer.of(str(answer), images, question, passages).sources if images or passages else ()
    return Answer.on_sources(str(answer), (*named, *sources_of(kept, Access(folders))), question)


def _verifier(models: Any) -> Verifier:
    if not isinstance(models, Mapping):
        given: Verifier = models
        return given
    if set(models) == {"server"}:
        return Verifier.remote(models["server"])
    if models.get("models") == "tiny":
        return Verifier.tiny()
    named = {name: value for name, value in models.items() if name != "models"}
    if not named or "models" in models:
        do = "give --clipverify-encoder and --clipverify-detector, the same in the ini file, or the fixture clipverify_models"
        raise DataError("no model named", got=models.get("models"), do=do)
    if set(named) == {"profile"}:
        return Verifier.from_profile(named["profile"])
    return Verifier.from_defaults(**named)


def _identities(models: Any) -> list[str]:
    """Return ids of the models, without loading models that are only named."""
    if not isinstance(models, Mapping) or set(models) == {"server"}:  # a server is asked for its models
        made = _verifier(models)
        return sorted({model for model in made.models.values() if model} | {str(getattr(made.profile, "name", ""))})
    found = []
    for name, value in sorted(models.items()):
        folder = (
            tiny_folder() / {"encoder": "clip", "detector": "yolo"}.get(name, "")
            if value == "tiny"
            else Path(value).expanduser()
        )
        version = fingerprint(folder) if folder.is_file() else identity(str(folder)) if folder.is_dir() else str(value)
        found.append(f"{name}={version}")
    return found

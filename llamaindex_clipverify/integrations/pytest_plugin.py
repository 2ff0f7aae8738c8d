"""A pytest plugin: answers of a pipeline are verified in its tests, and what was verified once costs nothing the next time.

    def test_the_bot(clipverify):
        clipverify.assert_trusted(bot.ask("What is on the table?"), images=["table.jpg"])

Loaded in every pytest run of the environment, so it imports nothing heavy until a test asks. Works under pytest-xdist: workers
send what they verified to the controller.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from llamaindex_clipverify.report.report import Report
    from llamaindex_clipverify.report.requirement import Requirement
    from llamaindex_clipverify.verification.verifier import Verifier

_MODELS = ("models", "encoder", "detector", "profile", "server")
_VALUES = {"min_trust": 0.5, "min_coverage": 0.0, "max_fall": 0.2}
_OPTIONS = {
    "models": ("NAME", "tiny (drawn scenes only)"),
    "encoder": ("NAME", "a CLIP or SigLIP: hub id or folder"),
    "detector": ("NAME", "a YOLO file, transformers:ID, or none"),
    "profile": ("FILE.json", "a profile of your own"),
    "server": ("URL", "a server of clipverify serve, whose models are used"),
    "min_trust": ("TRUST", "trust from which an answer passes; .5"),
    "min_coverage": ("SHARE", "share of an answer's claims, in words, that must have been checked for it to pass; 0"),
    "max_fall": ("TRUST", "fall of trust below the golden file's that fails the run; .2"),
    "golden": ("FILE.json", "file of expected trusts; written when missing"),
    "report": ("FILE.html", "a page of all answers of the run"),
}
_MINIMUMS = ("min_trust", "min_coverage")
_RUN = pytest.StashKey["Run"]()


@dataclass(kw_only=True)
class Row:
    """One answer that was verified."""

    test: str
    """Node id, with the number of the call where a test makes several."""
    trust: float | None
    passed: bool
    cached: bool
    report: dict[str, Any]
    pictures: list[str | None] = field(default_factory=list)


class Run:
    """What one process verified."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.rows: list[Row] = []

    def value(self, name: str) -> Any:
        """Return an option of the command line, or else of the ini file, or else its default."""
        given = self.config.getoption(f"clipverify_{name}")
        found = given if given is not None else self.config.getini(f"clipverify_{name}") or None
        return float(found) if name in _VALUES and found is not None else _VALUES.get(name) if found is None else found

    @property
    def cache(self) -> Any:
        """Pytest's cache; None where its plugin is off."""
        return getattr(self.config, "cache", None)

    @property
    def models(self) -> dict[str, str]:
        """The models named, for `Verifier.from_defaults`."""
        named = {name: self.value(name) for name in _MODELS}
        return {name: str(value) for name, value in named.items() if value is not None}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--clipverify-…`` and the same in the ini file."""
    group = parser.getgroup("clipverify", "answers verified on their pictures")
    for name, (value, text) in _OPTIONS.items():
        flag = f"--clipverify-{name.replace('_', '-')}"
        group.addoption(flag, dest=f"clipverify_{name}", metavar=value, default=None, help=text)
        parser.addini(f"clipverify_{name}", text, default="")
    group.addoption(
        "--clipverify-update", dest="clipverify_update", action="store_true", help="write the golden file anew"
    )


def pytest_configure(config: pytest.Config) -> None:
    """Add the marker."""
    config.addinivalue_line(
        "markers", "clipverify(min_trust, min_coverage): trust and coverage 0–1 that the answers of this test must have"
    )
    config.stash[_RUN] = Run(config)


@pytest.fixture(scope="session")
def clipverify_models(pytestconfig: pytest.Config) -> Any:
    """Name the models: a mapping for `Verifier.from_defaults`, or a `Verifier`. Override it in your conftest."""
    return pytestconfig.stash[_RUN].models


@pytest.fixture
def clipverify(request: pytest.FixtureRequest, clipverify_models: Any) -> Checker:
    """Verify answers in a test; see `Checker`."""
    marker = request.node.get_closest_marker("clipverify")
    run = request.config.stash[_RUN]
    given = dict(zip(_MINIMUMS, marker.args, strict=False)) | dict(marker.kwargs) if marker else {}
    minimums = {name: float(given.get(name, run.value(name))) for name in _MINIMUMS}
    return Checker(run, request.node.nodeid, clipverify_models, **minimums)


class Checker:
    """What the fixture gives to a test."""

    def __init__(self, run: Run, test: str, models: Any, min_trust: float, min_coverage: float) -> None:
        """Verify for one test."""
        from llamaindex_clipverify.report.requirement import Requirement

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
        return self._verified(_taken_apart(answer, images, passages, folders), question, None)

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
        from llamaindex_clipverify.integrations.assertions import require

        needed = replace(
            self.needed,
            min_trust=self.needed.min_trust if min_trust is None else min_trust,
            min_coverage=self.needed.min_coverage if min_coverage is None else min_coverage,
            allow_unverified=allow_unverified,
        )
        return require(self._verified(_taken_apart(answer, images, passages, folders), question, needed), needed)

    def _verified(
        self, taken: tuple[str, list[Any], list[str]], question: str | None, needed: Requirement | None
    ) -> Report:
        from llamaindex_clipverify.integrations.assertions import complaint
        from llamaindex_clipverify.picture import Picture

        text, given, more = taken
        pictures = [Picture.of(one) for one in given]
        key = self._key(text, [picture.id for picture in pictures], question, more)
        report, cached = self._recalled(key, pictures)
        if report is None:
            report = self.verifier.verify(text, pictures, question, more)
            self._keep(key, report)
        self._made += 1
        name = self._test if self._made == 1 else f"{self._test} #{self._made}"
        trust = None if report.trust is None else round(report.trust, 4)
        passed = not complaint(report, needed or replace(self.needed, allow_unverified=True))
        self._run.rows.append(
            Row(
                test=name,
                trust=trust,
                passed=passed,
                cached=cached,
                report=report.to_dict(),
                pictures=[picture.uri for picture in pictures],
            )
        )
        return report

    def _key(self, text: str, pictures: list[str], question: str | None, passages: Sequence[str]) -> str:
        from importlib.metadata import version

        parts = [version("llamaindex-clipverify"), _identities(self._models), text, pictures, question, list(passages)]
        return hashlib.sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()

    def _file(self, key: str) -> Path | None:
        cache = self._run.cache
        return None if cache is None else cache.mkdir("clipverify") / f"{key}.json"

    def _recalled(self, key: str, pictures: Sequence[Any]) -> tuple[Report | None, bool]:
        from dataclasses import replace

        from llamaindex_clipverify.boundary import files
        from llamaindex_clipverify.errors import DataError
        from llamaindex_clipverify.report.report import Report

        path = self._file(key)
        if path is None or not path.is_file():
            return None, False
        try:
            kept = Report.from_dict(files.read_json(path, "the cached report cannot be read"))
        except DataError:  # damaged, or of another release
            return None, False
        return replace(kept, pictures=tuple(pictures)), True

    def _keep(self, key: str, report: Report) -> None:
        from llamaindex_clipverify.boundary import files

        path = self._file(key)
        if path is not None:
            files.write_text(path, report.to_json(indent=None))


def _taken_apart(
    answer: Any, images: Sequence[Any], passages: Sequence[str], folders: Sequence[str | Path]
) -> tuple[str, list[Any], list[str]]:
    """Return text, pictures and passages of a text or a response."""
    nodes = getattr(answer, "source_nodes", None)
    if nodes is None:
        return str(answer), list(images), list(passages)
    from llamaindex_clipverify.answer import Answer
    from llamaindex_clipverify.node_pictures import Access, carries_picture

    # with images of the caller's own, the paths of nodes are not needed and nothing of them is opened
    texts = [node for node in nodes if not images or not carries_picture(getattr(node, "node", node))]
    retrieved = Answer.from_nodes(str(answer), texts, Access(folders))
    if retrieved.gaps:  # a test must not pass on what is left
        raise retrieved.gaps[0]
    return retrieved.text, list(images) or list(retrieved.pictures), [*passages, *retrieved.passages]


def _verifier(models: Any) -> Verifier:
    from llamaindex_clipverify.errors import DataError
    from llamaindex_clipverify.verification.verifier import Verifier

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
    from llamaindex_clipverify.models.identity import fingerprint, identity
    from llamaindex_clipverify.models.registry import TINY

    if not isinstance(models, Mapping) or set(models) == {"server"}:  # a server is asked for its models
        made = _verifier(models)
        return sorted({model for model in made.models.values() if model} | {str(getattr(made.profile, "name", ""))})
    found = []
    for name, value in sorted(models.items()):
        folder = (
            TINY / {"encoder": "clip", "detector": "yolo"}.get(name, "")
            if value == "tiny"
            else Path(value).expanduser()
        )
        version = fingerprint(folder) if folder.is_file() else identity(str(folder)) if folder.is_dir() else str(value)
        found.append(f"{name}={version}")
    return found


# -- the end of the run ---------------------------------------------------------------------------------------------------


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Send rows to the controller, or hold them against the golden file."""
    run = session.config.stash[_RUN]
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["clipverify"] = [asdict(row) for row in run.rows]
        return
    if run.rows and any(True for _ in _fallen(run)) and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: Any) -> None:
    """Take the rows of an xdist worker."""
    rows = getattr(node, "workeroutput", {}).get("clipverify", [])
    node.config.stash[_RUN].rows += [Row(**row) for row in rows]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say what was verified, what is not trusted, and what fell; write the page."""
    run = config.stash[_RUN]
    if not run.rows:
        return
    write = terminalreporter.write_line
    terminalreporter.section("clipverify")
    trusts = [row.trust for row in run.rows if row.trust is not None]
    cached = sum(row.cached for row in run.rows)
    doubted = [row for row in run.rows if not row.passed]
    mean = f", mean trust {sum(trusts) / len(trusts):.2f}" if trusts else ""
    write(f"{len(run.rows)} answers verified, {cached} of them from the cache; {len(doubted)} not trusted{mean}")
    for row in sorted(doubted, key=lambda one: one.trust or 0.0):
        words = ", ".join(f"“{one['text']}”" for one in row.report["claims"] if one["verdict"] == "contradicted")
        write(f"✗ {_two(row.trust)}  {row.test}  {words}")
    for row, before in _fallen(run):
        write(f"trust fell from {before:.2f} to {_two(row.trust)} below {run.value('golden')}: {row.test}")
    for row, before in _since_last(run):
        write(f"trust fell from {before:.2f} to {_two(row.trust)} since the last run: {row.test}")
    _write_golden(run, write)
    if run.value("report"):
        write(f"the answers are in {_page(run)}")


def _two(trust: float | None) -> str:
    return "–" if trust is None else f"{trust:.2f}"


def _falls(run: Run, before: Mapping[str, float], least: float) -> Iterator[tuple[Row, float]]:
    for row in run.rows:
        known = before.get(row.test)
        if known is not None and known - (row.trust or 0.0) > least:
            yield row, known


def _fallen(run: Run) -> Iterator[tuple[Row, float]]:
    """Yield rows whose trust is below the golden file's by more than allowed."""
    path = run.value("golden")
    if path and Path(path).is_file() and not run.config.getoption("clipverify_update"):
        yield from _falls(run, _golden(path), run.value("max_fall"))


def _since_last(run: Run) -> list[tuple[Row, float]]:
    """Return rows whose trust fell by a tenth since the last run, and remember this one's."""
    cache = run.cache
    if cache is None:
        return []
    before = _numbers(cache.get("clipverify/trusts", {})) or {}
    fallen = list(_falls(run, before, 0.1))
    cache.set("clipverify/trusts", {**before, **_trusts(run)})
    return fallen


def _trusts(run: Run) -> dict[str, float]:
    return {row.test: row.trust for row in run.rows if row.trust is not None}


def _golden(path: str) -> dict[str, float]:
    """Return the trusts in a golden file.

    Raises:
        UsageError: It is damaged: pytest shows the one line.
    """
    from llamaindex_clipverify.boundary import files
    from llamaindex_clipverify.errors import DataError

    what, do = "the golden file cannot be read", "restore it, or delete it and run again"
    try:
        found = _numbers(files.read_json(path, what, do))
    except DataError as error:
        raise pytest.UsageError(str(error)) from error
    if found is None:
        raise pytest.UsageError(f"{what}; got {path}; {do}")
    return found


def _numbers(data: Any) -> dict[str, float] | None:
    """Return names with trusts 0–1; None for anything else."""
    if not isinstance(data, dict) or not all(isinstance(one, (int, float)) and 0 <= one <= 1 for one in data.values()):
        return None
    return {str(name): float(one) for name, one in data.items()}


def _write_golden(run: Run, write: Any) -> None:
    from llamaindex_clipverify.boundary import files

    path = run.value("golden")
    if not path or (Path(path).is_file() and not run.config.getoption("clipverify_update")):
        return
    kept = _golden(path) if Path(path).is_file() else {}
    files.write_text(path, json.dumps({**kept, **_trusts(run)}, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    write(f"{len(_trusts(run))} trusts are written to {path}")


def _page(run: Run) -> Path:
    from llamaindex_clipverify.report.report import Report
    from llamaindex_clipverify.report.saving import save_all

    return save_all([Report.from_dict(row.report, folders=_folders(row)) for row in run.rows], run.value("report"))


def _folders(row: Row) -> list[str]:
    """Return the folders of the picture files that the test itself named: only these are opened for the page."""
    return sorted({str(Path(uri).parent) for uri in row.pictures if uri and "://" not in uri})

"""A pytest plugin: answers of a pipeline are verified in its tests, and what was verified once costs nothing the next time.

    def test_the_bot(clipverify):
        clipverify.assert_trusted(bot.ask("What is on the table?"), images=["table.jpg"])

Loaded in every pytest run of the environment, so it imports nothing heavy until a test asks. Under pytest-xdist the workers send
what they verified to the controller, which alone writes files.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from llamaindex_clipverify.errors import ClipVerifyError
from llamaindex_clipverify.integrations.pytest_run import FLAGS, OPTIONS, Row, Run, fall_of, two_digits

if TYPE_CHECKING:
    from llamaindex_clipverify.integrations.pytest_checker import Checker

_MINIMUMS = ("min_trust", "min_coverage")
_RUN = pytest.StashKey[Run]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--clipverify-…`` and the same in the ini file."""
    group = parser.getgroup("clipverify", "answers verified on their pictures")
    for name, (value, text) in OPTIONS.items():
        group.addoption(_flag(name), dest=f"clipverify_{name}", metavar=value, default=None, help=text)
        parser.addini(f"clipverify_{name}", text, default="")
    for name, text in FLAGS.items():
        group.addoption(_flag(name), dest=f"clipverify_{name}", action="store_true", help=text)


def _flag(name: str) -> str:
    return f"--clipverify-{name.replace('_', '-')}"


def pytest_configure(config: pytest.Config) -> None:
    """Add the marker, and read the golden file."""
    config.addinivalue_line(
        "markers", "clipverify(min_trust, min_coverage): trust and coverage 0–1 that the answers of this test must have"
    )
    run = config.stash[_RUN] = Run(config)
    assert run.golden is not None  # read now: a damaged file ends the run before its first test


@pytest.fixture(scope="session")
def clipverify_models(pytestconfig: pytest.Config) -> Any:
    """Name the models: a mapping for `Verifier.from_defaults`, or a `Verifier`. Override it in your conftest."""
    return pytestconfig.stash[_RUN].models


@pytest.fixture
def clipverify(request: pytest.FixtureRequest, clipverify_models: Any) -> Checker:
    """Verify answers in a test; see `Checker`."""
    from llamaindex_clipverify.integrations.pytest_checker import Checker

    marker = request.node.get_closest_marker("clipverify")
    run = request.config.stash[_RUN]
    given = dict(zip(_MINIMUMS, marker.args, strict=False)) | dict(marker.kwargs) if marker else {}
    minimums = {name: float(given.get(name, run.value(name))) for name in _MINIMUMS}
    return Checker(run, request.node.nodeid, clipverify_models, **minimums)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test whose answers are trusted less than the golden file says."""
    report = yield
    if call.when == "call":
        fallen = item.config.stash[_RUN].finish_test(item.nodeid, report.passed)
        if fallen and report.passed:
            report.outcome, report.longrepr = "failed", "\n".join(fallen)
    return report


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Send rows to the controller, or write the files of the run."""
    run = session.config.stash[_RUN]
    output = getattr(session.config, "workeroutput", None)
    if output is not None:
        output["clipverify"] = [asdict(row) for row in run.rows]
    elif run.rows:
        try:
            run.write_golden()
            if run.value("report"):
                run.notes.append(f"the answers are in {_page(run)}")
        except ClipVerifyError as error:
            pytest.exit(str(error), pytest.ExitCode.USAGE_ERROR)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: Any) -> None:
    """Take the rows of an xdist worker."""
    rows = getattr(node, "workeroutput", {}).get("clipverify", [])
    node.config.stash[_RUN].rows += [Row(**row) for row in rows]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say what was verified, what is not trusted, what fell, and what was written."""
    run = config.stash[_RUN]
    if not run.rows or hasattr(config, "workerinput"):
        return
    write = terminalreporter.write_line
    terminalreporter.section("clipverify")
    trusts = [row.trust for row in run.rows if row.trust is not None]
    cached = sum(row.cached for row in run.rows)
    doubted = [row for row in run.rows if not row.passed]
    mean = f", mean trust {sum(trusts) / len(trusts):.2f}" if trusts else ""
    write(f"{len(run.rows)} answers verified, {cached} of them from the cache; {len(doubted)} not trusted{mean}")
    for row in sorted(doubted, key=lambda one: one.trust or 0.0):
        words = [f"“{one['text']}”" for one in row.report["claims"] if one["verdict"] == "contradicted"]
        missed = [f"not looked at: {gap}" for gap in row.report.get("gaps", ())]
        write(f"✗ {two_digits(row.trust)}  {row.test}  {', '.join([*words, *missed])}")
    for row, before in run.fallen():
        write(fall_of(row, before, run))
    for row, before in run.fallen_since_last():
        write(f"trust fell from {before:.2f} to {two_digits(row.trust)} since the last run: {row.test}")
    for note in run.notes:
        write(note)


def _page(run: Run) -> Path:
    from llamaindex_clipverify.report.report import Report
    from llamaindex_clipverify.report.saving import save_all

    return save_all([Report.from_dict(row.report, folders=_folders(row)) for row in run.rows], run.value("report"))


def _folders(row: Row) -> list[str]:
    """Return the folders of the picture files that the test itself named: only these are opened for the page."""
    return sorted({str(Path(uri).parent) for uri in row.pictures if uri and "://" not in uri})

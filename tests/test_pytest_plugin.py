"""The pytest plugin, in pytest runs of its own: failures are claim tables, nothing is verified twice, workers report home."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from llamaindex_clipverify.testing import FRESH, draw_scene
from llamaindex_clipverify.verification.verifier import Verifier

pytest_plugins = "pytester"
_TRUE, _FALSE = "There is a cup in the picture.", "There is a giraffe in the picture."
_PASSING = ("test_bot.py::test_true", "test_bot.py::test_lenient", "test_bot.py::test_lenient #2")


@pytest.fixture(scope="module", autouse=True)
def loaded() -> None:
    """Import all that a verification imports, in this process: pytester takes out again what a run within it imported."""
    assert Verifier.tiny().verify(_TRUE, [draw_scene(FRESH).image]).trust


@pytest.fixture
def suite(pytester: pytest.Pytester) -> pytest.Pytester:
    """A folder with a picture, the bundled models named, and three tests of which one fails."""
    draw_scene(FRESH).image.save(pytester.path / "scene.png")
    pytester.makeini("[pytest]\nclipverify_models = tiny\nasyncio_default_fixture_loop_scope = function\n")
    pytester.makepyfile(
        test_bot=f"""
        import pytest

        def test_true(clipverify):
            assert clipverify.assert_trusted({_TRUE!r}, ["scene.png"]).trust > 0.5

        def test_false(clipverify):
            clipverify.assert_trusted({_FALSE!r}, ["scene.png"])

        @pytest.mark.clipverify(min_trust=0.0)
        def test_lenient(clipverify):
            clipverify.assert_trusted({_FALSE!r}, ["scene.png"], question="Is there one?")
            assert clipverify.verify({_TRUE!r}, ["scene.png"]).claims
        """
    )
    return pytester


def _run(suite: pytest.Pytester, *options: str) -> pytest.RunResult:
    return suite.runpytest_inprocess("-q", *options)


def test_a_failure_is_the_table_of_claims_and_the_summary_names_it(suite):
    ran = _run(suite, "--clipverify-report", "page.html")
    ran.assert_outcomes(passed=2, failed=1)
    assert "data:image/" in (suite.path / "page.html").read_text("utf-8")
    # only the test's own frame
    assert "pytest_checker.py" not in ran.stdout.str() and "assertions.py" not in ran.stdout.str()
    ran.stdout.fnmatch_lines([
        "*AssertionError: trust 0.0? is below 0.50*", "*giraffe*", "*4 answers verified, * from the cache; 1 not trusted*",
        "*✗ 0.0?  test_bot.py::test_false  “giraffe”*",
    ])  # fmt: skip


def test_unchanged_answers_are_verified_once_and_cost_no_model(suite):
    first = _run(suite)
    first.stdout.fnmatch_lines(["*4 answers verified, 1 of them from the cache*"])
    suite.makeconftest("import sys\ndef pytest_unconfigure(config):\n    print('torch' in sys.modules)\n")
    again = suite.runpytest_subprocess("-q", "-s")
    again.stdout.fnmatch_lines(["*4 answers verified, 4 of them from the cache*", "*False*"])
    draw_scene(FRESH + 1).image.save(suite.path / "scene.png")
    assert "0 of them" in _run(suite, "-k", "test_false").stdout.str()


def test_a_broken_cache_file_is_verified_anew(suite):
    _run(suite)
    files = list((suite.path / ".pytest_cache" / "d" / "clipverify").glob("*.json"))
    assert len(files) == 3
    for file in files:
        file.write_text('{"schema": 1,')
    _run(suite).stdout.fnmatch_lines(["*4 answers verified, 1 of them from the cache*"])


@pytest.mark.slow  # two more processes that load everything
def test_workers_send_their_answers_to_the_controller_which_alone_writes(suite):
    ran = _run(suite, "-n", "2", "--clipverify-report", "run.html", "--clipverify-golden", "golden.json")
    ran.assert_outcomes(passed=2, failed=1)
    ran.stdout.fnmatch_lines(["*4 answers verified*", "*3 trusts are written*", "*the answers are in run.html*"])
    assert set(json.loads((suite.path / "golden.json").read_text())) == {*_PASSING}
    page = (suite.path / "run.html").read_text("utf-8")
    assert page.count("giraffe") >= 2 and page.count("There is a") >= 4 and "data:image/" in page


def test_a_test_whose_trust_fell_below_the_golden_file_fails(suite):
    golden = suite.path / "golden.json"
    _run(suite, "-k", "test_true or lenient", "--clipverify-golden", "golden.json").stdout.fnmatch_lines(
        ["*3 trusts are written*"]
    )
    trusts = json.loads(golden.read_text())
    assert set(trusts) == {*_PASSING}
    _worsen(suite)
    ran = _run(suite, "-k", "test_true or lenient", "--clipverify-golden", "golden.json")
    ran.assert_outcomes(passed=1, failed=1)
    ran.stdout.fnmatch_lines(["*_ test_lenient _*", "trust fell from ?.?? to 0.0? below golden.json: test_bot.py::test_lenient #2",
                              "*since the last run: test_bot.py::test_lenient #2*", "*1 failed, 1 passed*"])  # fmt: skip
    assert json.loads(golden.read_text()) == trusts
    renewed = _run(suite, "-k", "test_true or lenient", "--clipverify-golden", "golden.json", "--clipverify-update")
    assert renewed.ret == 0 and json.loads(golden.read_text()) != trusts


def _worsen(suite: pytest.Pytester) -> None:
    """Let the second answer of the lenient test be false."""
    file, name = suite.path / "test_bot.py", '["scene.png"]).claims'
    file.write_text(file.read_text().replace(f"{_TRUE!r}, {name}", f"{_FALSE!r}, {name}"))


def test_answers_of_failed_tests_are_stored_only_when_asked(suite):
    golden = suite.path / "golden.json"
    ran = _run(suite, "--clipverify-golden", "golden.json")
    ran.stdout.fnmatch_lines(["3 trusts are written to golden.json; 1 of failed tests are not*"])
    assert set(json.loads(golden.read_text())) == {*_PASSING}
    _run(suite, "--clipverify-golden", "golden.json", "--clipverify-update", "--clipverify-keep-failed")
    assert set(json.loads(golden.read_text())) == {*_PASSING, "test_bot.py::test_false"}


def test_a_golden_file_that_cannot_be_read_or_written_ends_the_run_with_one_line(suite):
    (suite.path / "golden.json").write_text('{"a": 2}')
    damaged = suite.runpytest_subprocess("-q", "--clipverify-golden", "golden.json")
    assert damaged.ret == pytest.ExitCode.USAGE_ERROR
    damaged.stderr.fnmatch_lines(["ERROR: the golden file cannot be read; got golden.json*"])
    unwritable = suite.runpytest_subprocess("-q", "-k", "test_true", "--clipverify-golden", "scene.png/golden.json")
    assert unwritable.ret == pytest.ExitCode.USAGE_ERROR and "Traceback" not in unwritable.stdout.str()


def test_no_model_is_ever_chosen_silently(pytester):
    pytester.makepyfile(f"def test_it(clipverify):\n    clipverify.verify({_TRUE!r}, [b'x'])\n")
    ran = pytester.runpytest_subprocess("-q")
    ran.assert_outcomes(failed=1)
    ran.stdout.fnmatch_lines(["*no model named*"])


def test_a_conftest_may_give_its_own_verifier_and_a_response_is_taken_apart(suite):
    suite.makeconftest(
        "import pytest\nfrom llamaindex_clipverify import Verifier\n"
        "@pytest.fixture(scope='session')\ndef clipverify_models():\n    return Verifier.from_defaults(detector='tiny')\n"
    )
    suite.makepyfile(
        test_own="""
        from llama_index.core.base.response.schema import Response
        from llama_index.core.schema import ImageNode, NodeWithScore, TextNode
        import pytest

        def test_response(clipverify):
            nodes = [NodeWithScore(node=ImageNode(image_path="scene.png")), NodeWithScore(node=TextNode(text="About cups."))]
            answer = Response("There is a cup in the picture.", source_nodes=nodes)
            report = clipverify.assert_trusted(answer, folders=["."])
            assert len(report.pictures) == 1 and report.models
            closed = clipverify.verify(answer)
            assert closed.trust is None and "may not be opened" in closed.gaps[0]

        def test_gap(clipverify):
            nodes = [NodeWithScore(node=ImageNode(image_path=path)) for path in ("scene.png", "gone.png")]
            answer = Response("There is a cup in the picture.", source_nodes=nodes)
            for _ in range(2):  # never from the cache
                report = clipverify.verify(answer, folders=["."])
                assert report.trust > 0.5 and "gone.png" in report.gaps[0]
            with pytest.raises(AssertionError, match="sources that could not be looked at: no such picture"):
                clipverify.assert_trusted(answer, folders=["."])
        """
    )
    ran = _run(suite, "test_own.py")
    ran.assert_outcomes(passed=2)
    ran.stdout.fnmatch_lines(["*✗ *test_own.py::test_gap*not looked at: no such picture*"])


def test_a_run_without_answers_imports_nothing_heavy_and_says_nothing(pytester):
    pytester.makepyfile(
        "import sys\ndef test_light():\n"
        "    heavy = {'torch', 'transformers', 'llama_index', 'numpy', 'PIL', 'chromadb'} & set(sys.modules)\n    assert not heavy\n"
    )
    ran = pytester.runpytest_subprocess("-q")
    ran.assert_outcomes(passed=1)
    assert "clipverify" not in ran.stdout.str().replace(str(pytester.path), "")


def test_it_is_an_entry_point_of_pytest():
    listed = subprocess.run([sys.executable, "-m", "pytest", "--trace-config", "--version", "-VV"], capture_output=True, text=True,
                            cwd=Path(__file__).parents[1], check=True)  # fmt: skip
    helped = subprocess.run([sys.executable, "-m", "pytest", "--help"], capture_output=True, text=True, check=True)
    assert "--clipverify-min-trust" in helped.stdout and listed.returncode == 0

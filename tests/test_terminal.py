"""On a terminal: the answer with its claims marked, and nothing in it that the terminal or rich would obey."""

from __future__ import annotations

import io
import re
import subprocess
import sys

import pytest
from hostile import HOSTILE, report_of
from rich.console import Console

from llamaindex_clipverify.report.format import printable
from llamaindex_clipverify.report.report import Report


def _printed(report: Report, *, colours: bool = False, width: int = 100) -> str:
    file = io.StringIO()
    Console(file=file, width=width, force_terminal=colours, color_system="truecolor" if colours else None).print(report)
    return file.getvalue()


def test_it_looks_so(report: Report):
    lines = [line.rstrip() for line in _printed(report).splitlines()]
    assert lines == [
        "trust 0.02  ✗ contradicted · 2 supported, 1 contradicted, 2 unverifiable · coverage 75%",
        "calibrated · tiny: trust is a probability, on pictures like those of the profile",
        "! Something the reader must know.",
        "",
        "  What is there?",
        "  A yellow cup✔1 stands above a red clock✔2✗3. There is no dog?4. Everything is cheerful.?5",
        "",
        "    trust  claim                         why",
        "1  ✔ 0.97  yellow cup                    objects: looked for “cup”",
        "2  ✔ 0.90  cup stands above a red clock  objects: looked for “cup”",
        "3  ✗ 0.03  red clock                     objects: looked for “clock”",
        "4  ? 0.50  no dog                        objects: looked for “dog”",
        "5  ?    –  Everything is cheerful.       nothing a picture can show",
    ]


def test_doubtful_words_are_told_apart_by_line_and_colour(report: Report):
    found = _printed(report, colours=True)
    assert "\x1b[1;4;31mred clock\x1b[0m" in found
    assert "\x1b[4;33mno dog\x1b[0m" in found


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("width", [40, 200])
def test_texts_print_as_they_are(text, width):
    printed = _printed(report_of(text), width=width)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]", printed + str(report_of(text)))
    squeezed = re.sub(r"\s", "", printable(text))
    assert squeezed in re.sub(r"\s", "", printed)


def test_nothing_at_all_is_printed_too():
    assert "The answer is empty." in _printed(Report(answer="", claims=()))
    assert (
        _printed(Report(answer="Hm.", claims=())).splitlines()[0]
        == "trust –  ? nothing could check it · none · coverage 0%"
    )


def test_rich_is_imported_when_something_is_printed():
    code = "import sys\nfrom llamaindex_clipverify import Report\nstr(Report(answer='', claims=()))\nassert 'rich' not in sys.modules"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr

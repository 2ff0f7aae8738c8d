"""Answers of every odd form, to 100,000 characters, through splitter, verifier and every form of a report."""

from __future__ import annotations

import json
from typing import Any

from attacking import Attacks

from llamaindex_clipverify.testing import FRESH, draw_scene
from llamaindex_clipverify.verification.verifier import Verifier

_LONG = 20_000
FORMS: dict[str, Any] = {
    "none": None, "int": 3, "bytes": b"A cup.", "list": ["A cup."], "dict": {}, "float": 1.5, "empty": "", "blank": " \n\t ",
    "nul": "A cup\0.", "controls": "".join(map(chr, range(32))) + " A cup.", "c1": "".join(map(chr, range(127, 160))) + "A cup.",
    "surrogate high": "A cup \ud800.", "surrogate low": "A cup \udfff.", "pair": "A cup \U0001f600.", "bidi": "A \u202epuc\u202c.",
    "isolates": "\u2066A cup\u2069.", "zero width": "A\u200b cu\u200dp.", "combining": "A cup" + "\u0301" * 5000 + ".",
    "bom": "\ufeffA cup.", "replacement": "\ufffd" * 500, "private": "\ue000" * 50 + " a cup", "noncharacter": "A cup \uffff.",
    "digits 4301": f"There are {'9' * 4301} cups.", "digits 399": f"There are {'9' * 399} cups.",
    "commas": "There are 1" + ",000" * 3000 + " cups.", "arabic digits": "There are " + "٣" * 300 + " cups.",
    "decimals": "It is 1." + "1" * 390 + " m.", "exponent": "There are 1e999999 cups.", "roman": "There are " + "M" * 3000 + " cups.",
    "percent": "50%" * 3000, "dots": "." * _LONG, "questions": "?!" * 10_000, "quotes": '"' * _LONG, "open quote": '"A cup ' * 3000,
    "parens": "(" * _LONG, "nested parens": "(" * 3000 + "a cup" + ")" * 3000, "brackets": "[1]" * 5000, "braces": "{{}}" * 5000,
    "backslashes": "\\" * _LONG, "percent s": "%s%n" * 4000, "markup": "<b>A cup</b>" * 500, "script": "<script>alert(1)</script>" * 200,
    "jinja": "{{ 7*7 }}{% raw %}" * 200, "markdown": "# A cup\n* [x](javascript:alert(1))\n" * 300, "rich": "[red]A cup[/red]" * 500,
    "sql": "'; DROP TABLE shelf; -- a cup", "path": "../../etc/passwd is a cup", "url": "http://127.0.0.1/ is a cup",
    "json": json.dumps({"a": ["cup"] * 500}), "base64": "QUJD" * 5000, "one word": "cup" * 6000, "no spaces": "Thereisacup." * 1500,
    "newlines": "\n" * _LONG, "tabs": "A\tcup.\t" * 2000, "crlf": "A cup.\r\n" * 1500, "separators": "A cup.\u2028\u2029\x85" * 1000,
    "and": "a cup and " * 2000 + "a zebra.", "of": "the cup of " * 1500 + "a zebra.", "commas of nouns": "a cup, " * 2500 + "a zebra.",
    "not": "not " * 4000 + "a cup.", "if": "If a cup, then if " * 800 + "a zebra.", "that": "the cup that " * 1200 + "is red.",
    "adjectives": "a " + "red " * 4000 + "cup.", "sentences": "There is a yellow cup. " * 800, "korean": "빨간 컵이 있다. " * 1200,
    "korean words": "컵" * 8000, "jamo": "ㅋ" * 8000, "chinese": "有一个杯子。" * 1500, "thai": "มีถ้วย" * 1500, "mixed": "A 컵 is 빨간 杯. " * 800,
    "emoji": "👨‍👩‍👧‍👦🏳️‍🌈" * 800, "arabic": "يوجد كوب أصفر. " * 800, "upper": "THERE IS A YELLOW CUP. " * 600,
    "100,000": ("There is a yellow cup left of the zebra. " * 2600)[:100_000], "100,000 letters": "a" * 100_000,
    "100,001": "x" * 100_001, "a million": "x" * 1_000_000,
}  # fmt: skip


def test_texts(attacks: Attacks, tiny: Verifier) -> None:
    image = draw_scene(FRESH).image
    tiny.verify("A cup.", [image])

    def verified(text: Any) -> None:
        report = tiny.verify(text, [image])
        shown = (report.to_json(), report._repr_html_(), report.to_markdown(), str(report))
        assert all(one.encode() for one in shown)
        assert json.loads(shown[0])["answer"] == text
        assert not any(sign in part for part in shown[1:] for sign in ("\u202e", "\x1b", "\x00"))
        assert "<script>alert" not in shown[1] + shown[2]

    assert len(FORMS) >= 60
    for name, text in FORMS.items():
        attacks.run(name, lambda text=text: verified(text))
    assert attacks.came["read"] > 40


def test_questions_passages_and_streams(attacks: Attacks, tiny: Verifier) -> None:
    from llamaindex_clipverify.answer import Source
    from llamaindex_clipverify.picture import Picture
    from llamaindex_clipverify.verification.streaming import StreamingVerifier

    picture = Picture.of(draw_scene(FRESH).image)

    def streamed(text: str) -> None:
        stream = StreamingVerifier(tiny, [Source(picture=picture)], "What is there?")
        for start in range(0, len(text), 97):
            stream.add(text[start : start + 97])
        assert stream.finish().to_json().encode("utf-8")

    for name, text in FORMS.items():
        attacks.run(f"question {name}", lambda text=text: tiny.verify("Yes.", [picture], text))
        attacks.run(f"passage {name}", lambda text=text: tiny.verify("It opens at nine.", [picture], passages=[text]))
        if isinstance(text, str) and len(text) < 5_000:
            attacks.run(f"stream {name}", lambda text=text: streamed(text))

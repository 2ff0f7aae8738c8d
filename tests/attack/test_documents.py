"""Pages of a PDF: mutated and encrypted files, 100,000 pages, pages of any size, and trees and forms in a circle."""

from __future__ import annotations

import io
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from attacking import Attacks
from PIL import Image
from special import special

from llamaindex_clipverify.boundary import pages
from llamaindex_clipverify.errors import PictureError
from llamaindex_clipverify.llama_index import PdfPageReader
from llamaindex_clipverify.testing import FRESH, draw_scene

pytest.importorskip("pypdfium2", reason="needs the extra [pdf]")


def document(*objects: bytes, trailer: bytes = b"", head: bytes = b"%PDF-1.7\n") -> bytes:
    """Return a PDF of these objects, numbered from 1; the first is its catalogue."""
    out, places = bytearray(head), []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n".encode() + content + b"\nendobj\n"
    begin = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    out += f"trailer\n<< /Size {len(objects) + 1} /Root 1 0 R ".encode() + trailer
    return bytes(out + f">>\nstartxref\n{begin}\n%%EOF\n".encode())


CATALOGUE = b"<< /Type /Catalog /Pages 2 0 R >>"


def one_page(more: bytes = b"/MediaBox [0 0 100 100]", *objects: bytes, content: bytes = b"") -> bytes:
    """Return a PDF of one page; object 4 is its content."""
    page = b"<< /Type /Page /Parent 2 0 R /Contents 4 0 R " + more + b" >>"
    stream = f"<< /Length {len(content)} >>\nstream\n".encode() + content + b"\nendstream"
    return document(CATALOGUE, b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>", page, stream, *objects)


def form(content: bytes, resources: bytes) -> bytes:
    """Return a form that may name others."""
    head = f"<< /Type /XObject /Subtype /Form /BBox [0 0 99 99] /Length {len(content)} ".encode()
    return head + resources + b" >>\nstream\n" + content + b"\nendstream"


def _documents() -> Iterator[tuple[str, bytes]]:
    yield "plain", one_page()
    for name, box in {
        "a kilometre": b"0 0 2834645 2834645", "a hair": b"0 0 0.0001 14400", "a line": b"0 0 100000 1", "nothing": b"0 0 0 0", "negative": b"100 100 -100 -100", "overflow": b"0 0 1e38 1e38",
        "nan": b"0 0 nan nan", "words": b"a b c d", "three": b"0 0 5", "huge digits": b"0 0 " + b"9" * 400 + b" 9",
    }.items():  # fmt: skip
        yield f"box {name}", one_page(b"/MediaBox [" + box + b"]")
    yield "unit", one_page(b"/MediaBox [0 0 100 100] /UserUnit 1e30")
    yield "turned", one_page(b"/MediaBox [0 0 100 100] /Rotate 99999999999")
    yield "no box", one_page(b"")
    kids = b" ".join([b"3 0 R"] * 100_000)
    page = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 10 10] >>"
    yield "100,000 pages", document(CATALOGUE, b"<< /Type /Pages /Kids [" + kids + b"] /Count 100000 >>", page)
    yield "a lying count", document(CATALOGUE, b"<< /Type /Pages /Kids [3 0 R] /Count 2000000000 >>", page)
    yield "a negative count", document(CATALOGUE, b"<< /Type /Pages /Kids [3 0 R] /Count -1 >>", page)
    yield "a count of 400", document(CATALOGUE, b"<< /Type /Pages /Kids [3 0 R] /Count 400 >>", page)
    yield (
        "a tree in a circle",
        document(
            CATALOGUE,
            b"<< /Type /Pages /Kids [3 0 R] /Count 2 >>",
            b"<< /Type /Pages /Parent 2 0 R /Kids [2 0 R] /Count 2 >>",
        ),
    )
    yield (
        "its own parent",
        document(
            CATALOGUE, b"<< /Type /Pages /Parent 2 0 R /Kids [3 0 R] /Count 1 >>", b"<< /Type /Page /Parent 3 0 R >>"
        ),
    )
    yield "a catalogue that is its pages", document(b"<< /Type /Catalog /Pages 1 0 R /Kids [1 0 R] /Count 1 >>")
    resources = b"/Resources << /XObject << /F 5 0 R >> >>"
    yield (
        "a form in itself",
        one_page(b"/MediaBox [0 0 100 100] " + resources, form(b"/F Do /F Do", resources), content=b"/F Do"),
    )
    nested = [
        form(b"/F Do " * 8, f"/Resources << /XObject << /F {number + 1} 0 R >> >>".encode()) for number in range(5, 11)
    ]
    yield (
        "forms in forms",
        one_page(b"/MediaBox [0 0 100 100] " + resources, *nested, form(b"0 0 9 9 re f", b""), content=b"/F Do"),
    )
    yield "deep", document(b"<< /A " * 20_000 + b">> " * 20_000)
    yield "deep arrays", one_page(content=b"[" * 100_000 + b"]" * 100_000)
    yield "states", one_page(content=b"q " * 300_000)
    yield "paths", one_page(content=b"0 0 m " + b"99 99 l 0 50 l " * 60_000 + b"S")
    yield "dashes", one_page(content=b"[0.0001] 0 d 0 0 m 100 100 l S")
    image = b"<< /Type /XObject /Subtype /Image /Width 60000 /Height 60000 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 4 >>\nstream\nabcd\nendstream"
    yield (
        "an image of 3.6 gigapixels",
        one_page(b"/MediaBox [0 0 100 100] " + resources, image, content=b"100 0 0 100 0 0 cm /F Do"),
    )
    yield "a length of its own", one_page().replace(b"/Length 0", b"/Length 4 0 R")
    script = b"<< /Type /Catalog /Pages 2 0 R /OpenAction << /S /JavaScript /JS (app.alert\\(1\\)) >> /AA << /O << /S /Launch /F (/bin/sh) >> >> >>"
    yield "actions", one_page().replace(CATALOGUE, script)
    yield (
        "another file",
        one_page(
            b"/MediaBox [0 0 100 100] " + resources,
            b"<< /Type /XObject /Subtype /Form /F (/etc/passwd) /BBox [0 0 9 9] /Length 0 >>\nstream\n\nendstream",
            content=b"/F Do",
        ),
    )
    keys = b"/Filter /Standard /V 2 /R 3 /Length 128 /P -44 /O (" + b"o" * 32 + b") /U (" + b"u" * 32 + b")"
    pages_ = b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
    yield (
        "encrypted",
        document(CATALOGUE, pages_, page, b"<< " + keys + b" >>", trailer=b"/Encrypt 4 0 R /ID [(a)(b)] "),
    )
    yield "encrypted in a circle", document(CATALOGUE, pages_, page, b"<< /Filter 4 0 R >>", trailer=b"/Encrypt 4 0 R ")
    yield "of another version", document(CATALOGUE, pages_, page, head=b"%PDF-99.9\n")
    yield "a megabyte before", b"\0" * 1_000_000 + one_page()
    yield "previous in a circle", one_page().replace(b"/Root", b"/Prev 9 /Root")


def looked(path: Path) -> None:
    """Render every page, as far as the limits allow."""
    for page in pages.page_pictures(path, 72):
        with Image.open(io.BytesIO(page)) as image:
            assert max(image.size) <= 4000


def test_documents_made_to_harm(attacks: Attacks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "SECONDS", 10.0)
    path = tmp_path / "a.pdf"
    for name, data in _documents():
        path.write_bytes(data)
        attacks.run(name, lambda: looked(path))
    assert attacks.came["read"] >= 8 and attacks.came["refused"] >= 8, attacks.came


def _rendered(data: bytes) -> None:
    """Render in this process what `page_pictures` renders in another: that spares hundreds of starts."""
    for kind, content in pages._render(data, 72):
        if kind == pages._FAILED:
            raise PictureError(content.decode())


def test_mutated_documents(attacks: Attacks, tmp_path: Path) -> None:
    stream = io.BytesIO()
    draw_scene(FRESH, objects=(1, 1)).image.convert("RGB").resize((64, 64)).save(stream, "PDF")
    path, chance = tmp_path / "a.pdf", random.Random(3)
    for name, data in (("picture", stream.getvalue()), ("page", one_page(content=b"1 0 0 rg 0 0 50 50 re f"))):
        for number in range(250):
            changed = bytearray(data[: chance.randrange(len(data))] if number % 10 == 0 else data)
            for _ in range(chance.choice((1, 2, 8, 40))):
                if changed:
                    changed[chance.randrange(len(changed))] = chance.randrange(256)
            attacks.run(f"{name} {number}", lambda data=bytes(changed): _rendered(data))
            if number % 25 == 0:
                path.write_bytes(bytes(changed))
                attacks.run(f"{name} {number} as a file", lambda: looked(path))


def test_special_files_as_documents(attacks: Attacks, tmp_path: Path) -> None:
    for name in special(tmp_path / "special"):
        attacks.run(f"{name!r}"[:80], lambda name=name: PdfPageReader(72).load_data(name))

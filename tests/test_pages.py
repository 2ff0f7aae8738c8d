"""PDF pages as pictures: what is written on a page is checked, and cited by its page."""

from __future__ import annotations

from pathlib import Path

import pytest
from llama_index.core import SimpleDirectoryReader
from llama_index.core.schema import NodeWithScore
from PIL import Image, ImageDraw, ImageFont

from llamaindex_clipverify import EvidenceIndex, Report, Verifier
from llamaindex_clipverify.answer import Answer
from llamaindex_clipverify.boundary.pages import page_pictures
from llamaindex_clipverify.errors import DataError, PictureError
from llamaindex_clipverify.llama_index import PdfPageReader
from llamaindex_clipverify.testing import FRESH, draw_scene

pytest.importorskip("pypdfium2", reason="needs the extra [pdf]")


@pytest.fixture
def pdf(tmp_path: Path) -> Path:
    """Five pages: the first four have a scene each, the fifth a line of text."""
    pages = [draw_scene(FRESH + place).image.convert("RGB") for place in range(4)]
    last = Image.new("RGB", (640, 200), "white")
    ImageDraw.Draw(last).text((30, 70), "TOTAL 42.50", "black", ImageFont.load_default(56))
    pages[0].save(tmp_path / "slides.pdf", save_all=True, append_images=[*pages[1:], last], resolution=72)
    return tmp_path / "slides.pdf"


def test_pages_become_documents_with_their_number(pdf):
    documents = SimpleDirectoryReader(input_files=[pdf], file_extractor={".pdf": PdfPageReader(dpi=72)}).load_data()
    assert [document.metadata["page_label"] for document in documents] == ["1", "2", "3", "4", "5"]
    noun = draw_scene(FRESH).nouns()[0]
    answer = Answer.from_nodes(f"There is a {noun}.", [NodeWithScore(node=documents[0])])
    report = Verifier.tiny().verify(answer)
    assert report.pictures[0].name == "slides.pdf#page=1" and report.claims[0].trust > 0.5
    read = Report.from_dict(report.to_dict(), folders=[pdf.parent])
    assert read.pictures[0].name == "slides.pdf#page=1"  # nothing of that name is opened


def test_pages_are_indexed(pdf, tmp_path):
    documents = PdfPageReader(dpi=72).load_data(pdf)[:4]
    index = EvidenceIndex.from_documents(documents, tmp_path / "store", "tiny", "tiny")
    assert index.count()["pictures"] == 4


def test_what_is_written_on_a_page_is_read(pdf):
    pytest.importorskip("rapidocr", reason="needs the extra [ocr]")
    documents = PdfPageReader(dpi=144).load_data(pdf)
    verifier = Verifier.from_defaults(reader="rapidocr")
    nodes = [NodeWithScore(node=document) for document in documents[3:]]
    report = verifier.verify(Answer.from_nodes('The page says "TOTAL 42.50".', nodes))
    claim = next(one for one in report.claims if one.claim.kind == "text")
    assert claim.verdict == "supported"
    assert report.picture(claim.picture).name == "slides.pdf#page=5"


@pytest.mark.parametrize("content", [b"", b"%PDF-1.7 no more", b"GIF89a", b"%PDF-" + b"<<" * 9999])
def test_a_damaged_pdf_is_one_error(tmp_path, content):
    (tmp_path / "bad.pdf").write_bytes(content)
    with pytest.raises(PictureError, match="the PDF cannot be read"):
        list(page_pictures(tmp_path / "bad.pdf"))
    with pytest.raises(PictureError):
        list(page_pictures(tmp_path / "gone.pdf"))


def test_a_resolution_outside_the_range_is_one_error(pdf):
    with pytest.raises(DataError, match="no resolution"):
        list(page_pictures(pdf, dpi=5))

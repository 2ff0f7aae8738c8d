"""What may be opened, and what comes of pictures, paths and addresses that others name."""

from __future__ import annotations

import base64
import io
import os
import struct
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from llama_index.core.base.llms.types import ChatMessage, ImageBlock
from llama_index.core.schema import ImageDocument, ImageNode, MediaResource, Node
from PIL import Image

from llamaindex_clipverify.boundary import files, urls
from llamaindex_clipverify.errors import ClipVerifyError, DataError, ModelError, PictureError
from llamaindex_clipverify.llama_index.messages import parts_of
from llamaindex_clipverify.node_pictures import Access, decoded, picture_files, picture_in, picture_text, text_in
from llamaindex_clipverify.picture import MAX_PIXELS, Picture


def encoded(image: Image.Image, form: str = "PNG") -> bytes:
    stream = io.BytesIO()
    image.save(stream, form)
    return stream.getvalue()


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A picture outside every allowed folder."""
    (tmp_path / "outside").mkdir()
    (tmp_path / "inside").mkdir()
    path = tmp_path / "outside" / "secret.png"
    Image.new("RGB", (8, 8), "red").save(path)
    return path


# -- paths that others name -------------------------------------------------------------------------------------------


def _spellings(path: Path) -> list[str]:
    home = os.path.relpath(path, Path.home())
    return [
        str(path),
        f"file://{path}",
        f"FILE:{path}",
        f"file://localhost{path}",
        f"~/{home}",
        f"{path.parent}/./{path.name}",
    ]


@pytest.mark.parametrize("spelling", range(6))
@pytest.mark.parametrize(
    "holder", ["image_url", "image_path", "metadata", "resource", "document", "block url", "block path"]
)
def test_no_node_or_message_opens_a_path_outside_the_folders(secret: Path, spelling: int, holder: str) -> None:
    name = _spellings(secret)[spelling]
    for access in (Access(), Access([secret.parents[1] / "inside"], allow_urls=True, allow_private=True)):
        with pytest.raises((PictureError, ValueError)) as caught:  # ValueError: LlamaIndex takes no such field itself
            _ = _picture(name, holder, access).image
        if isinstance(caught.value, PictureError):
            assert "may not be opened" in str(caught.value)


def _picture(name: str, holder: str, access: Access) -> Picture:
    if holder.startswith("block"):
        made = ImageBlock.model_construct(**{"image": None, "path": None, "url": None, holder.split()[1]: name})
        [part] = parts_of(ChatMessage(role="user", blocks=[made]), access)
    else:
        nodes: dict[str, Any] = {
            "image_url": lambda: ImageNode(image_url=name),
            "image_path": lambda: ImageNode(image_path=name),
            "metadata": lambda: Node(metadata={"file_path": name}),
            "resource": lambda: Node(image_resource=MediaResource.model_construct(url=name, data=None, path=None)),
            "document": lambda: ImageDocument(image_url=name),
        }
        part = picture_in(nodes[holder](), access)
    assert isinstance(part, Picture)
    return part


def test_the_error_does_not_tell_whether_a_file_exists(secret: Path) -> None:
    texts = []
    for name in (secret, secret.with_name("absent.png")):
        with pytest.raises(PictureError) as caught:
            picture_in(ImageNode(image_url=str(name)), Access())
        texts.append(str(caught.value).replace(str(name), "NAME"))
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    "name", ["gopher://x/a.png", "ftp://x/a.png", "//host/share/a.png", "a" * 5000 + ".png", "~nobody9/a.png"]
)
def test_other_addresses_are_refused(name: str) -> None:
    with pytest.raises(PictureError, match="may not be opened"):
        picture_in(ImageNode(image_url=name), Access(allow_urls=True))


def test_paths_inside_the_folders_are_read_in_every_spelling(secret: Path) -> None:
    for name in _spellings(secret):
        picture = picture_in(ImageNode(image_url=name), Access([secret.parent]))
        assert picture is not None and picture.size == (8, 8)


def test_data_urls_are_read(secret: Path) -> None:
    plain = base64.b64encode(secret.read_bytes()).decode()
    in_lines = "\n".join(plain[start : start + 20] for start in range(0, len(plain), 20))
    safe = base64.urlsafe_b64encode(secret.read_bytes()).decode().rstrip("=")
    for url in (f"data:image/png;base64,{plain}", f"DATA:;base64,{safe}", f"data:image/png;base64,{in_lines}"):
        picture = picture_in(ImageNode(image_url=url), Access())
        assert picture is not None and picture.size == (8, 8)
        assert Picture.of(url).size == (8, 8)
    for text in (plain, in_lines, safe):
        assert decoded(text) == secret.read_bytes()
        assert picture_text(text) == secret.read_bytes()


def test_a_text_that_is_a_path_is_a_picture_where_it_may_be_opened(secret: Path) -> None:
    assert Access([secret.parent]).picture_named(str(secret)).size == (8, 8)
    assert Access([secret.parent]).picture_named("A caption that ends in secret.png") is None
    assert Access([secret.parent]).picture_named("secret.txt") is None
    with pytest.raises(PictureError, match="may not be opened"):
        Access().picture_named(f"file://{secret}")


# -- the file system --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["/dev/zero", "/dev/random", "/dev/null", "/proc/self/mem", "/", "/etc/shadow\0.png"])
def test_devices_and_folders_are_no_pictures(name: str) -> None:
    with pytest.raises(PictureError):
        _ = Picture.of(name).id


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    started = time.monotonic()
    with pytest.raises(PictureError, match="a pipe or device is not a picture"):
        _ = Picture.of(tmp_path / "pipe.png").id
    with pytest.raises(DataError, match="not a regular file"):
        files.read_text(tmp_path / "pipe.png", "the rows cannot be read")
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("name", ["a" * 300, "a/" * 3000, "~nobody9/x.png", os.fsdecode(b"\xff\xfe.png"), "x\ny.png"])
def test_odd_names_are_typed_errors(name: str, tmp_path: Path) -> None:
    with pytest.raises(PictureError) as caught:
        _ = Picture.of(name).id
    assert "\n" not in str(caught.value)
    with pytest.raises(ClipVerifyError):
        picture_files(name)


def test_a_link_that_leads_outside_is_refused(secret: Path) -> None:
    link = secret.parents[1] / "inside" / "a.png"
    link.symlink_to(secret)
    circle = secret.parents[1] / "inside" / "b.png"
    circle.symlink_to(circle)
    for name in (link, circle):
        with pytest.raises(PictureError):
            _ = Access([link.parent]).picture_at(name).image


def test_files_are_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "deep" / "report.json"
    files.write_text(target, "old")
    files.write_text(target, 'a "\udc80"')
    assert target.read_bytes() == b'a "\\udc80"'
    monkeypatch.setattr(os, "fsync", lambda handle: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(DataError, match=r"cannot be written; got .*No space left"):
        files.write_text(target, "new")
    assert target.read_bytes() == b'a "\\udc80"' and list(target.parent.iterdir()) == [target]


def test_a_known_picture_is_the_one_that_was_looked_at(secret: Path) -> None:
    known = Picture.known(Picture.of(secret).id, (8, 8), str(secret))
    assert known.image.size == (8, 8)
    known.forget()
    Image.new("RGB", (8, 8), "blue").save(secret)
    with pytest.raises(PictureError, match="not the picture that was looked at"):
        _ = known.image


# -- decoding ---------------------------------------------------------------------------------------------------------


def _png_with(kind: bytes, body: bytes) -> bytes:
    data = encoded(Image.new("RGB", (8, 8), "red"))
    chunk = struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
    return data[:33] + chunk + data[33:]


@pytest.mark.parametrize("text", [b"a\0\0" + zlib.compress(b"x" * 3_000_000), b"a\0" + b"\xff" * 20_000_000])
def test_large_text_chunks_do_not_matter(text: bytes) -> None:
    kind = b"zTXt" if text.startswith(b"a\0\0") else b"tEXt"
    assert np.array_equal(Picture.of(_png_with(kind, text)).array(), np.array(Image.new("RGB", (8, 8), "red")))


def test_white_on_nothing_is_seen() -> None:
    drawn = Image.new("RGBA", (40, 40), (0, 0, 0, 0))
    drawn.paste((255, 255, 255, 255), (10, 10, 30, 30))
    pixels = Picture.of(encoded(drawn)).array()
    assert pixels[20, 20].min() == 255 and pixels[0, 0].max() == 0
    assert Picture.of(Image.new("RGBA", (8, 8), (255, 0, 0, 0))).array().min() == 255


@pytest.mark.parametrize(
    "error", [RuntimeError, IndexError, NotImplementedError, MemoryError, KeyError, struct.error, RecursionError]
)
def test_however_a_decoder_fails_it_is_a_picture_error(error: type[Exception], monkeypatch: pytest.MonkeyPatch) -> None:
    data = encoded(Image.new("RGB", (8, 8)))

    def fail(*_: object) -> None:
        raise error("odd")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", fail)
    with pytest.raises(PictureError, match="cannot be decoded"):
        _ = Picture.of(data).image


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"%PDF-1.7 ...", "PdfPageReader"),
        (b"<?xml version='1.0'?><svg/>", "SVG"),
        (b"\0\0\0\x18ftypheic" + b"\0" * 40, "heif"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "PostScript"),
    ],
)
def test_what_is_not_read_gets_a_remedy(data: bytes, says: str) -> None:
    with pytest.raises(PictureError, match=says):
        _ = Picture.of(data).image


def test_postscript_starts_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", lambda *_, **__: pytest.fail("a program was started"))
    with pytest.raises(PictureError):
        _ = Picture.of(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\nshowpage\n").image


@pytest.mark.slow
def test_a_large_jpeg_is_decoded_at_a_part_of_its_size() -> None:
    data = encoded(Image.new("RGB", (12_000, 9_000), "red"), "JPEG")
    picture = Picture.of(data)
    assert picture.size == (6_000, 4_500) and picture.reduced == 2 and picture.size[0] * picture.size[1] <= MAX_PIXELS
    with pytest.raises(PictureError, match="too many pixels"):
        _ = Picture.of(encoded(Image.new("L", (12_000, 9_000)))).image


def test_binary_text_is_no_caption() -> None:
    read_as_text = encoded(Image.effect_noise((40, 40), 90)).decode("utf-8", "replace")
    assert text_in(ImageNode(text=read_as_text)) == ""
    assert text_in(ImageNode(text="Ein Hund – 개 한 마리.\tline\n")) != ""


# -- addresses --------------------------------------------------------------------------------------------------------


class _Web(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path.startswith("/to/"):
            self.send_response(302)
            self.send_header("location", self.path[4:])
            self.end_headers()
        elif self.path == "/drip":
            self.send_response(200)
            self.end_headers()
            for _ in range(200):
                self.wfile.write(b"x")
                time.sleep(0.05)
        elif self.path == "/drip-head":
            for _ in range(200):
                self.wfile.write(b"H")
                time.sleep(0.05)
        elif self.path == "/garbage":
            self.wfile.write(b"\x00\xff\x00 no http\r\n\r\n")
        elif self.path == "/endless":
            self.send_response(200)
            self.end_headers()
            while True:
                self.wfile.write(b"x" * 65536)
        elif self.path == "/cut":
            self.send_response(200)
            self.send_header("content-length", "1000")
            self.end_headers()
            self.wfile.write(b"x" * 10)
        else:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(encoded(Image.new("RGB", (8, 8), "red")))

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def web() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Web)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def test_an_address_that_the_user_names_is_read() -> None:
    with web() as url:
        assert Picture.of(f"{url}/a.png", allow_urls=True).size == (8, 8)


def test_private_addresses_are_refused_unless_asked_for() -> None:
    with web() as url:
        with pytest.raises(PictureError, match="not public"):
            _ = Access(allow_urls=True).picture_of_url(f"{url}/a.png").image
        with pytest.raises(PictureError, match="not public"):
            _ = Picture.of(f"{url}/to/{url}/a.png", allow_urls=True).image
        assert Picture.of(f"{url}/to/{url}/a.png", allow_urls=True, allow_private=True).size == (8, 8)
        assert Access(allow_urls=True, allow_private=True).picture_of_url(f"{url}/a.png").size == (8, 8)


@pytest.mark.parametrize(
    "target", ["file:///etc/passwd", "ftp://127.0.0.1/a", "gopher://x/", "data:image/png;base64,AA", "http://"]
)
def test_a_redirect_to_another_scheme_is_refused(target: str) -> None:
    with web() as url, pytest.raises(PictureError):
        _ = Picture.of(f"{url}/to/{target}", allow_urls=True, allow_private=True).id


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[::1]", "0.0.0.0", "[::ffff:127.0.0.1]", "localhost"]
)
def test_no_private_host_is_public(host: str) -> None:
    with pytest.raises(PictureError, match=r"not public|cannot be fetched"):
        urls.fetched(f"http://{host}:9/", 100, named_by_user=False, seconds=2)


@pytest.mark.parametrize("path", ["/drip", "/drip-head", "/endless", "/cut", "/garbage"])
def test_slow_endless_and_broken_servers_end(path: str) -> None:
    with web() as url:
        started = time.monotonic()
        with pytest.raises(PictureError, match="cannot be fetched"):
            urls.fetched(f"{url}{path}", 10_000_000, named_by_user=True, seconds=1.0)
        assert time.monotonic() - started < 4


# -- a detector in a folder -------------------------------------------------------------------------------------------

_CODE = "activation: \"__import__('pathlib').Path('{marker}').touch() or nn.SiLU()\"\n"


@pytest.mark.parametrize("before", ["", "import ultralytics"])
def test_a_layout_runs_no_code(tmp_path: Path, before: str) -> None:
    from llamaindex_clipverify.models.registry import tiny_folder

    marker = tmp_path / "ran"
    folder = tmp_path / "yolo"
    folder.mkdir()
    layout = (tiny_folder() / "yolo" / "model.yaml").read_text("utf-8")
    (folder / "model.yaml").write_text(_CODE.format(marker=marker) + layout)
    (folder / "model.safetensors").write_bytes((tiny_folder() / "yolo" / "model.safetensors").read_bytes())
    code = (
        f"{before}\nfrom llamaindex_clipverify.models.registry import load_detector\n"
        "from llamaindex_clipverify.errors import ModelError\n"
        f"try:\n    load_detector({str(folder)!r}).model\nexcept ModelError as error:\n    print('refused', error)\n"
    )
    env = {**os.environ, "ULTRALYTICS_SAFE_LOAD": "0", "YOLO_CONFIG_DIR": str(tmp_path)}
    ran = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert not marker.exists() and "refused" in ran.stdout, ran.stderr[-500:]


_LAYOUT = "nc: 1\nnames: [cup]\nbackbone: [[-1, 1, Conv, [8, 3, 2]]]\nhead: [[-1, 1, Detect, [nc]]]\n"


@pytest.mark.parametrize(
    "change",
    [
        "backbone: [[-1, 1, os.system, [ls]]]", "backbone: [[-1, 1, nn.Module.__init__, []]]", "backbone: [[-1, 1, Conv, ['d']]]",
        "backbone: [[-1, 100000, Conv, [8]]]", "backbone: [[-1, 1, Conv, [99999999]]]", "backbone: 3", "names: [1]", "nc: 9999",
        "scales: {n: [1e9, 1, 1]}", "evil: 1", "activation: nn.SiLU", "head: [[-1]]", "imgsz: -5", "names: []",
        "backbone: &a [*a]", "a: &a [1,1]\nb: &b [*a,*a]", "!!python/object/apply:os.system [ls]", "[", "\x00",
    ],
)  # fmt: skip
def test_a_layout_holds_only_what_the_schema_knows(tmp_path: Path, change: str) -> None:
    from llamaindex_clipverify.models.yolo_layout import read_layout

    path = tmp_path / "model.yaml"
    path.write_text(_LAYOUT)
    assert read_layout(path)["names"] == ["cup"]
    path.write_text(f"{_LAYOUT}{change}\n")
    with pytest.raises(ModelError, match="the layout of the detector"):
        read_layout(path)

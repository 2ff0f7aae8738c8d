"""Pictures from anything, upright, known by content; bad ones are one clear error."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from llamaindex_clipverify.errors import PictureError
from llamaindex_clipverify.picture import Picture


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@pytest.fixture
def gradient() -> Image.Image:
    pixels = np.zeros((20, 30, 3), np.uint8)
    pixels[:, :, 0] = np.arange(30) * 8
    pixels[:, :, 1] = np.arange(20)[:, None] * 12
    return Image.fromarray(pixels)


def test_every_source_gives_the_same_pixels(gradient: Image.Image, tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    gradient.save(path)
    sources = [str(path), path, png(gradient), io.BytesIO(png(gradient)), np.array(gradient), gradient]
    for source in sources:
        assert np.array_equal(Picture.of(source).array(), np.array(gradient)), type(source)


def test_nothing_is_read_before_it_is_needed() -> None:
    picture = Picture.of("/nowhere/at/all.png")
    assert repr(picture) == "Picture('/nowhere/at/all.png')"
    with pytest.raises(PictureError, match="no such picture"):
        _ = picture.image


def test_same_content_is_one_picture(gradient: Image.Image, tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        gradient.save(tmp_path / name)
    assert Picture.of(tmp_path / "a.png") == Picture.of(tmp_path / "b.png")
    assert len({Picture.of(tmp_path / "a.png"), Picture.of(tmp_path / "b.png")}) == 1


def test_exif_orientation_is_applied(gradient: Image.Image) -> None:
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = 6  # rotate 90° clockwise to see upright
    gradient.save(buffer, "JPEG", exif=exif)
    assert Picture.of(buffer.getvalue()).size == (20, 30)


@pytest.mark.parametrize("mode", ["L", "LA", "1", "P", "RGBA", "CMYK", "I;16"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    image = Image.new("L", (8, 8), 128).convert(mode) if mode != "I;16" else Image.new("I;16", (8, 8), 32896)
    pixels = Picture.of(image).array()
    assert pixels.shape == (8, 8, 3)
    if mode != "1":
        assert abs(int(pixels[4, 4, 0]) - 128) <= 3


def test_transparent_parts_are_white() -> None:
    assert Picture.of(Image.new("RGBA", (4, 4), (255, 0, 0, 0))).array().min() == 255


def test_forget_reads_again(gradient: Image.Image, tmp_path: Path) -> None:
    gradient.save(tmp_path / "a.png")
    picture = Picture.of(tmp_path / "a.png")
    first, content = picture.array(), picture.id
    picture.forget()
    assert "image" not in vars(picture)
    assert np.array_equal(first, picture.array())
    assert picture.id == content


def test_crop_is_clipped_and_never_empty(gradient: Image.Image) -> None:
    picture = Picture.of(gradient)
    assert picture.crop((-5, -5, 10, 10)).size == (10, 10)
    assert picture.crop((29.9, 19.9, 29.95, 19.95)).size == (1, 1)


def test_urls_need_leave() -> None:
    with pytest.raises(PictureError, match="URLs are not opened by default"):
        Picture.of("https://example.com/a.png")


def bomb(side: int) -> bytes:
    """Return the head of a PNG that claims side × side pixels."""
    body = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", len(body)) + b"IHDR" + body
    data = zlib.compress(b"\0" * 100)
    pixels = struct.pack(">I", len(data)) + b"IDAT" + data + struct.pack(">I", zlib.crc32(b"IDAT" + data))
    return b"\x89PNG\r\n\x1a\n" + chunk + struct.pack(">I", zlib.crc32(b"IHDR" + body)) + pixels


@pytest.mark.parametrize("side", [11_000, 30_000])
def test_huge_pictures_are_refused_before_decoding(side: int) -> None:
    with pytest.raises(PictureError, match="too many pixels"):
        _ = Picture.of(bomb(side)).image


def test_bad_files_are_one_clear_line(gradient: Image.Image, tmp_path: Path) -> None:
    buffer = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (200, 200, 3), np.uint8)).save(buffer, "JPEG")
    bad = {"text.jpg": b"not a picture", "empty.jpg": b"", "cut.jpg": buffer.getvalue()[:3000]}
    for name, data in bad.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(PictureError) as caught:
            _ = Picture.of(tmp_path / name).image
        assert name in str(caught.value)
        assert "\n" not in str(caught.value)
    with pytest.raises(PictureError, match="a folder is not a picture"):
        _ = Picture.of(tmp_path).image


@pytest.mark.parametrize(
    "source", [3, None, np.zeros((4, 4)), np.zeros((2, 2, 2), np.uint8), np.zeros((0, 4, 3), np.uint8)]
)
def test_what_is_no_picture_is_refused_at_once(source: object) -> None:
    with pytest.raises(PictureError, match="not a picture"):
        Picture.of(source)


def tiff(values: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(values).save(buffer, "TIFF")
    return buffer.getvalue()


RAMP = np.linspace(0, 1, 64).reshape(8, 8)


@pytest.mark.parametrize("white", [1, 255, 1023, 4095, 16383, 65535])
@pytest.mark.parametrize("kind", [np.float32, np.uint16, np.int32])
def test_deep_pictures_keep_their_brightness(white: int, kind: type) -> None:
    if white == 1 and kind is not np.float32:
        pytest.skip("integers up to 1 are a black picture")
    pixels = Picture.of(tiff((RAMP * white).astype(kind))).array()[:, :, 0]
    assert np.abs(pixels.astype(float) - RAMP * 255).max() <= 2


@pytest.mark.parametrize("values", [RAMP - 0.5, RAMP * np.nan, RAMP * 1e9])
def test_values_that_are_no_brightness_are_refused(values: np.ndarray) -> None:
    with pytest.raises(PictureError, match=r"values that are no brightness.*8 bits"):
        _ = Picture.of(tiff(values.astype(np.float32))).image


def test_deep_colours_are_scaled_or_refused() -> None:
    cv2 = pytest.importorskip("cv2")
    colours = np.stack([RAMP, 1 - RAMP, np.full_like(RAMP, 0.5)], axis=2)
    for white, seen in ((65535, True), (4095, False), (1023, False)):
        for ending in (".png", ".tiff"):
            data = cv2.imencode(ending, (colours * white).astype(np.uint16))[1].tobytes()
            if seen:
                assert np.abs(Picture.of(data).array()[..., ::-1] / 255 - colours).max() < 0.02
            else:
                with pytest.raises(PictureError, match="few bits"):
                    _ = Picture.of(data).image


@pytest.mark.parametrize("form", ["GIF", "TIFF", "WEBP", "PNG", "MPO"])
def test_frames_and_pages_are_counted(gradient: Image.Image, form: str) -> None:
    buffer = io.BytesIO()
    others = [gradient.rotate(angle).resize(gradient.size) for angle in (90, 180)]
    gradient.save(buffer, form, save_all=True, append_images=others)
    assert Picture.of(buffer.getvalue()).frames == (1 if form == "MPO" else 3)
    assert Picture.of(gradient).frames == 1


def test_a_slow_picture_keeps_no_other_thread_waiting():
    import threading

    begun, go_on = threading.Event(), threading.Event()

    def slow() -> bytes:
        begun.set()
        assert go_on.wait(30)
        return b"slow"

    waiting = threading.Thread(target=lambda: Picture(slow).id)
    waiting.start()
    assert begun.wait(30)
    assert Picture(lambda: b"quick").id == hashlib.sha256(b"quick").hexdigest()
    go_on.set()
    waiting.join(30)

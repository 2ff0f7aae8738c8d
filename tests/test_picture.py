"""Pictures from anything, upright, known by content; bad ones are one clear error."""

from __future__ import annotations

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

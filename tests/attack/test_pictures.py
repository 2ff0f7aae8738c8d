"""Mutants of pictures in every format that Pillow writes, and some that it only reads."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from attacking import Attacks
from PIL import Image, features

from llamaindex_clipverify.picture import Picture

_EACH = 60
"""Mutants of each encoded picture."""


def _encoded() -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of one small picture in every format, mode and option that can be written."""
    Image.init()
    noise = Image.fromarray(np.random.default_rng(0).integers(0, 255, (24, 32, 4), np.uint8), "RGBA")
    modes = {mode: noise.convert("RGB").convert(mode) for mode in ("RGB", "L", "1", "P", "CMYK", "I", "F", "YCbCr")}
    modes |= {"RGBA": noise, "LA": noise.convert("LA"), "I;16": Image.new("I;16", (32, 24), 3000)}
    for form in sorted(Image.SAVE):
        for mode, image in modes.items():
            stream = io.BytesIO()
            try:
                image.save(stream, form)
            except Exception:  # noqa: BLE001 - not a mode of this format
                continue
            yield f"{form}-{mode}", stream.getvalue()
    for form, options in (
        ("JPEG", {"progressive": True}), ("TIFF", {"compression": "tiff_lzw"}), ("TIFF", {"compression": "packbits"}),
        ("TIFF", {"compression": "jpeg"}), ("PNG", {"save_all": True, "append_images": [modes["RGB"]]}),
        ("GIF", {"save_all": True, "append_images": [modes["RGB"]] * 3}), ("WEBP", {"lossless": True}),
        ("TGA", {"compression": "tga_rle"}), ("DDS", {"pixel_format": "DXT1"}), ("DDS", {"pixel_format": "DXT5"}),
        ("DDS", {"pixel_format": "BC2"}), ("AVIF", {"save_all": True, "append_images": [modes["RGB"]]}),
    ):  # fmt: skip
        stream = io.BytesIO()
        try:
            (modes["RGBA"] if form == "DDS" else modes["RGB"]).save(stream, form, **options)
        except Exception:  # noqa: BLE001 - not built into this Pillow
            continue
        yield f"{form}-{'-'.join(map(str, options))}", stream.getvalue()
    yield from _by_hand()


def _by_hand() -> Iterator[tuple[str, bytes]]:
    """Yield formats that Pillow reads and does not write."""
    pixels = bytes(range(64))
    yield "QOI", b"qoif" + struct.pack(">IIBB", 4, 4, 3, 0) + b"\xfe\x01\x02\x03" * 16 + b"\0" * 7 + b"\1"
    yield "FITS", (b"SIMPLE  =                    T".ljust(80) + b"BITPIX  = 8".ljust(80) + b"NAXIS   = 2".ljust(80)
                   + b"NAXIS1  = 8".ljust(80) + b"NAXIS2  = 8".ljust(80) + b"END".ljust(80)).ljust(2880) + pixels  # fmt: skip
    yield "XPM", b'/* XPM */\nstatic char *x[] = {\n"2 2 2 1",\n"a c #FF0000",\n"b c #00FF00",\n"ab",\n"ba"};\n'
    yield "FLI", struct.pack("<IHHHHHHH", 200, 0xAF11, 1, 8, 8, 8, 3, 5) + b"\0" * 180
    yield "PCD", b"\0" * 2048 + b"PCD_" + b"\0" * 6000
    yield "SUN", struct.pack(">8I", 0x59A66A95, 8, 8, 8, 64, 1, 0, 0) + pixels
    yield "PSD", b"8BPS" + struct.pack(">H6xHIIHH", 1, 3, 8, 8, 8, 3) + b"\0" * 12 + b"\0\0" + pixels * 3
    yield "BLP2", b"BLP2" + struct.pack("<IBBBBII", 1, 1, 0, 0, 0, 8, 8) + b"\0" * 128 + b"\1" * 1500
    yield "BLP1", b"BLP1" + struct.pack("<IIIIII", 1, 0, 8, 8, 5, 0) + b"\0" * 128 + b"\1" * 1500
    yield "FTEX", b"FTEX" + struct.pack("<III", 1, 8, 8) + b"\1" * 200
    yield "GBR", struct.pack(">5I", 28, 2, 8, 8, 1) + b"GIMP" + struct.pack(">I", 5) + pixels
    yield "WAL", struct.pack("<32sII", b"wal", 8, 8) + b"\0" * 60 + pixels
    yield "MCIDAS", b"\0\0\0\0\0\0\0\4" + b"\0" * 248 + pixels
    yield "DCX", struct.pack("<II", 0x3ADE68B1, 20) + b"\0" * 100
    yield (
        "CUR",
        struct.pack("<HHH", 0, 2, 1) + struct.pack("<BBBBHHII", 8, 8, 0, 0, 0, 0, 64, 22) + b"\x28" + b"\0" * 63,
    )
    yield "PIXAR", b"\200\350\000\000" + b"\0" * 1020 + pixels
    yield "IPTC", b"\x1c\x03\x3c\0\1\1" + b"\x1c\x03\x14\0\1\1" * 4
    yield "XVTHUMB", b"P7 332\n#END\n8 8 255\n" + pixels
    yield "IMT", b"\0" * 100
    yield "EPS", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n(x) print quit\n"
    yield "SPIDER", struct.pack("<27f", *([1.0] * 27)) + b"\0" * 2000


def _mutants(data: bytes, draw: random.Random) -> Iterator[bytes]:
    """Yield cut, flipped, overwritten, doubled and stretched copies; numbers near the head are made extreme."""
    for _ in range(_EACH):
        body = bytearray(data)
        way = draw.randrange(7)
        place = draw.randrange(max(1, min(len(body), 200 if way < 4 else len(body))))
        if way == 0:
            body = body[:place]
        elif way in (1, 2):
            for _ in range(draw.randrange(1, 9)):
                body[draw.randrange(min(len(body), 400))] = draw.randrange(256)
        elif way == 3:
            body[place : place + 4] = draw.choice(
                [b"\xff\xff\xff\xff", b"\0\0\0\0", b"\x7f\xff\xff\xff", b"\0\1\0\0", b"\xff\x7f"]
            )
        elif way == 4:
            body[place:place] = body[place : place + 64] * draw.randrange(1, 40)
        elif way == 5:
            del body[place : place + draw.randrange(1, 64)]
        else:
            body[place : place + 64] = draw.randbytes(64)
        yield _sealed(bytes(body)) if draw.random() < 0.3 else bytes(body)


def _sealed(data: bytes) -> bytes:
    """Return a PNG with its checksums right again, so that the mutation gets past them."""
    if not data.startswith(b"\x89PNG"):
        return data
    kept, place = [data[:8]], 8
    while place + 12 <= len(data):
        length = struct.unpack(">I", data[place : place + 4])[0]
        body = data[place + 4 : place + 8 + length]
        kept.append(data[place : place + 4] + body + struct.pack(">I", zlib.crc32(body)))
        place += 12 + length
    return b"".join(kept)


def test_mutants(attacks: Attacks, outside: Path) -> None:
    draw = random.Random(20)
    formats, number = set(), 0
    for name, data in _encoded():
        formats.add(name)
        for mutant in (data, *_mutants(data, draw)):
            number += 1
            attacks.run(name, lambda mutant=mutant: (Picture.of(mutant).image, Picture.of(mutant).frames))
    assert number >= 5000 and len(formats) >= 40, (number, len(formats))
    assert attacks.came["read"] > 500 and attacks.came["refused"] > 1000


def test_bombs(attacks: Attacks) -> None:
    """Small files that stand for large pictures, many frames or long texts."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    def png(width: int, height: int, *more: bytes) -> bytes:
        head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
        return (
            b"\x89PNG\r\n\x1a\n"
            + head
            + b"".join(more)
            + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
            + chunk(b"IEND", b"")
        )

    texts = [chunk(b"zTXt", b"a\0\0" + zlib.compress(b"x" * 60_000_000)) for _ in range(3)]
    for width, height in ((10**5, 10**5), (2**31 - 1, 1), (1, 2**31 - 1), (7071, 7071), (10**9, 10**9)):
        attacks.run(f"{width}x{height}", lambda w=width, h=height: Picture.of(png(w, h)).image)
    attacks.run("texts", lambda: Picture.of(png(8, 8, *texts)).image)
    attacks.run(
        "profile", lambda: Picture.of(png(8, 8, chunk(b"iCCP", b"a\0\0" + zlib.compress(b"x" * 60_000_000)))).image
    )
    for form in ("JPEG2000", "AVIF", "WEBP", "GIF", "TIFF"):
        stream = io.BytesIO()
        if form == "AVIF" and not features.check("avif"):
            continue
        Image.new("L", (6_000, 6_000)).convert("RGB").save(stream, form)
        data = stream.getvalue()
        attacks.run(form, lambda data=data: Picture.of(data).image)

"""Between LlamaIndex's chat messages and plain content: texts and pictures in their order."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ImageBlock, TextBlock
from PIL import Image

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.node_pictures import allowed, decoded
from llamaindex_clipverify.picture import Picture


def parts_of(
    message: ChatMessage, folders: Sequence[str | Path] | None = (), allow_urls: bool = False
) -> list[str | Picture]:
    """Return the texts and pictures of a message, in order.

    Args:
        message: Blocks of text and images; images as bytes, base64 or data URL need no leave.
        folders: Paths are opened only inside these folders; None opens any.
        allow_urls: Whether http(s) URLs may be fetched.

    Raises:
        PictureError: A path or URL without leave.
        DataError: A block that is neither text nor image.
    """
    return [_part(block, folders, allow_urls) for block in message.blocks]


def _part(block: Any, folders: Sequence[str | Path] | None, allow_urls: bool) -> str | Picture:
    if isinstance(block, TextBlock):
        return block.text
    if not isinstance(block, ImageBlock):
        raise DataError("a vision model reads text and pictures", got=type(block).__name__, do="leave the block out")
    if block.image is not None:
        data = block.image.read() if hasattr(block.image, "read") else block.image
        return Picture.of(decoded(data))
    if block.path is not None:
        return Picture.of(allowed(Path(block.path), folders))
    url = str(block.url or "")
    return Picture.of(decoded(url)) if url.startswith("data:") else Picture.of(url, allow_urls=allow_urls)


def png(picture: Picture, longest: int | None = None) -> bytes:
    """Return a picture as lossless PNG bytes, upright.

    Args:
        picture: The picture.
        longest: The longer side is brought down to this many pixels; never up.
    """
    image = picture.image
    if longest is not None and max(image.size) > longest:
        factor = longest / max(image.size)
        width, height = (max(1, round(side * factor)) for side in image.size)
        image = image.resize((width, height), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def image_block(picture: Picture, longest: int | None = None) -> ImageBlock:
    """Return a picture as an image block of PNG bytes; arguments as `png`."""
    return ImageBlock(image=png(picture, longest), image_mimetype="image/png")

"""Chat messages of LlamaIndex to texts and pictures, in order, and back."""

from __future__ import annotations

import io
from typing import Any

from llama_index.core.base.llms.types import ChatMessage, ImageBlock, TextBlock
from llama_index.core.bridge.pydantic import PrivateAttr
from PIL import Image

from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.node_pictures import NO_ACCESS, Access, decoded
from llamaindex_clipverify.picture import Picture


class PictureBlock(ImageBlock):
    """An image block that keeps its `Picture`: a model in this process takes the pixels, without encoding and decoding."""

    _picture: Picture | None = PrivateAttr(default=None)

    @classmethod
    def of(cls, picture: Picture) -> PictureBlock:
        """Make a block of a picture, without encoding it."""
        block = cls()
        block._picture = picture
        return block

    @property
    def picture(self) -> Picture | None:
        """The picture; None in a copy that was serialised."""
        return self._picture


def parts_of(message: ChatMessage, access: Access = NO_ACCESS) -> list[str | Picture]:
    """Return the texts and pictures of a message, in order.

    Args:
        message: Blocks of text and images.
        access: Which paths and URLs may be opened; bytes, base64 and data URLs are always read.

    Raises:
        PictureError: A path or URL that may not be opened.
        DataError: A block that is neither text nor image.
    """
    return [_part(block, access) for block in message.blocks]


def _part(block: Any, access: Access) -> str | Picture:
    if isinstance(block, TextBlock):
        return block.text
    if not isinstance(block, ImageBlock):
        raise DataError("a vision model reads text and pictures", got=type(block).__name__, do="leave the block out")
    picture = getattr(block, "picture", None)
    if isinstance(picture, Picture):
        return picture
    if block.image is not None:
        data = block.image.read() if hasattr(block.image, "read") else block.image
        return Picture.of(decoded(data))
    if block.path is not None:
        return access.picture_at(block.path)
    return access.picture_of_url(str(block.url or ""))


def reduced(picture: Picture, longest: int | None = None) -> Picture:
    """Return the picture with its longer side at most `longest` pixels; unchanged if it is smaller, or for None."""
    if longest is None or max(picture.size) <= longest:
        return picture
    factor = longest / max(picture.size)
    width, height = (max(1, round(side * factor)) for side in picture.size)
    return Picture.of(picture.image.resize((width, height), Image.Resampling.LANCZOS))


def png(picture: Picture, longest: int | None = None) -> bytes:
    """Return a picture as lossless PNG bytes, upright; `longest` as for `reduced`."""
    buffer = io.BytesIO()
    reduced(picture, longest).image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def image_block(picture: Picture, longest: int | None = None) -> ImageBlock:
    """Return a picture as an image block of PNG bytes, which any LlamaIndex LLM understands; arguments as `png`."""
    return ImageBlock(image=png(picture, longest), image_mimetype="image/png")

"""The pictures of a request: those that the server has go by their id, all others by their bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from llamaindex_clipverify.errors import ClipVerifyError, DataError
from llamaindex_clipverify.picture import Picture, of_content
from llamaindex_clipverify.remote.wire import Field, renamed
from llamaindex_clipverify.report.report import Report


class RemotePicture(Picture):
    """A picture in the index of a server: it is fetched only when its pixels are needed."""

    def __init__(self, url: str, content: str, size: tuple[int, int], name: str, fetch: Callable[[str], bytes]) -> None:
        """Name the server and the picture; `fetch` returns the bytes of an id."""
        super().__init__(lambda: of_content(fetch(content), content, name), name)
        self.url = url
        self.note(content=content, size=size)


@dataclass(frozen=True)
class Sent:
    """A picture with what is sent of it."""

    picture: Picture
    content: str
    """Its id at the server."""
    data: bytes | None
    """None for a picture that the server has."""

    @classmethod
    def of(cls, picture: Picture, url: str) -> Sent:
        """Read a picture; one of the server at `url` is not read.

        Raises:
            PictureError: It cannot be read.
        """
        if isinstance(picture, RemotePicture) and picture.url == url:
            return cls(picture, picture.id, None)
        data = picture.data()
        return cls(picture, hashlib.sha256(data).hexdigest(), data)

    @property
    def field(self) -> Field:
        """The field of a form that carries it."""
        if self.data is None:
            return Field(name="picture", value=self.content)
        return Field(name="picture", value=self.data, filename=self.picture.name)


@dataclass(frozen=True)
class Sending:
    """The pictures of one request, and why others could not be read."""

    sent: tuple[Sent, ...]
    problems: tuple[ClipVerifyError, ...] = ()

    @classmethod
    def of(cls, pictures: Sequence[Picture], url: str) -> Sending:
        """Read pictures; those that cannot be read are listed."""
        sent: list[Sent] = []
        problems: list[ClipVerifyError] = []
        for picture in pictures:
            try:
                sent.append(Sent.of(picture, url))
            except ClipVerifyError as error:
                problems.append(error)
        return cls(tuple(sent), tuple(problems))

    def fields(self) -> Iterator[Field]:
        """Yield the fields of a form."""
        return (one.field for one in self.sent)

    @property
    def here(self) -> dict[str, str]:
        """Ids of the pictures at the server to those here."""
        return {one.content: one.picture.id for one in self.sent}

    @property
    def there(self) -> dict[str, str]:
        """Ids of the pictures here to those at the server."""
        return {one.picture.id: one.content for one in self.sent}

    def report(self, data: Any) -> Report:
        """Return the report in what a server answered, on the pictures that were sent.

        Raises:
            DataError: It is none.
        """
        if not isinstance(data, Mapping):
            raise DataError(
                "not a report", got=type(data).__name__, do="check that the address is that of clipverify serve"
            )
        report = Report.from_dict(renamed(data, self.here))
        own = {one.picture.id: one.picture for one in self.sent}
        for picture in report.pictures:
            if picture.id in own:
                own[picture.id].note(size=picture.size)
        return replace(report, pictures=tuple(own.get(picture.id, picture) for picture in report.pictures))

"""Training examples: conversations about pictures, from LLaVA's JSON or a table of captions, checked before use."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.errors import DataError, PictureError
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.prompts import Prompts

IMAGE = "<image>"
"""Placeholder of a picture in a question, as in LLaVA's data."""
_CAPTIONS = "captions.csv"
_FORMS = f"give LLaVA's conversation JSON, or a folder with {_CAPTIONS} (columns image and caption)"
_ROLES = {"system": "system", "human": "user", "user": "user", "gpt": "assistant", "assistant": "assistant"}


@dataclass(frozen=True)
class Example:
    """One conversation about one or more pictures."""

    name: str
    """Position in the data: ``talks.json[3]`` or ``captions.csv:7``; with the folder if there are several sources."""
    pictures: tuple[Picture, ...]
    """Pictures, in the order of the `IMAGE` marks."""
    turns: tuple[tuple[str, str], ...]
    """Role (system, user, assistant) and text, the last one the assistant's."""

    @property
    def answers(self) -> list[str]:
        """Return the texts to learn."""
        return [text for role, text in self.turns if role == "assistant"]

    @property
    def messages(self) -> list[tuple[str, list[str | Picture]]]:
        """Return role and parts of each message, with pictures in place of their marks."""
        left = iter(self.pictures)
        return [(role, _parts(text, left) if role == "user" else [text.strip()]) for role, text in self.turns]

    @property
    def fingerprint(self) -> str:
        """Twelve hex digits of the pictures' content and the words."""
        text = json.dumps([[picture.id for picture in self.pictures], self.turns])
        return hashlib.sha256(text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Fault:
    """A row that cannot be used, and why."""

    where: str
    what: str

    def __str__(self) -> str:
        """Return the row and the reason in one line."""
        return f"{self.where}: {self.what}"


class _FaultError(Exception):
    """Raised when one row is invalid."""


def read(
    sources: Sequence[str | Path],
    *,
    skip_bad: bool = False,
    ask: str = Prompts().describe,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[list[Example], list[Fault]]:
    """Return the examples of all sources, and the rows that were left out.

    Every picture is opened once. A picture under two names and a conversation given twice are faults: they would be learnt
    twice, or stand in training and test at once.

    Args:
        sources: JSON files, or folders or CSV files of captions.
        skip_bad: Leave out invalid rows instead of raising an error.
        ask: The question that captions answer.
        progress: Progress callback: called with (rows checked, rows in total).

    Raises:
        DataError: A source is of neither form; nothing is left; or there are bad rows and `skip_bad` is false.
    """
    rows = [row for source in sources for row in _rows(Path(source), ask, several=len(sources) > 1)]
    shelf = _Shelf()
    examples: list[Example] = []
    faults: list[Fault] = []
    for place, (name, make) in enumerate(rows, 1):
        try:
            examples.append(shelf.admit(make(shelf)))
        except _FaultError as fault:
            faults.append(Fault(name, str(fault)))
        if progress is not None:
            progress(place, len(rows))
    if faults and not (skip_bad and examples):
        raise DataError(f"{_told(faults)} ({len(faults)} of {len(rows)} rows cannot be used)", do=_do(bool(examples)))
    if not examples:
        raise DataError("there is nothing to learn from", got=", ".join(map(str, sources)), do=_FORMS)
    return examples, faults


@dataclass
class _Shelf:
    """The pictures and conversations read so far."""

    pictures: dict[Path, Picture | PictureError] = field(default_factory=dict)
    names: dict[str, Path] = field(default_factory=dict)
    """Content id to the first path that had it."""
    given: dict[str, str] = field(default_factory=dict)
    """Fingerprint to the first example that had it."""

    def picture(self, path: Path) -> Picture:
        """Return the picture of a path, opened and closed again."""
        path = path.resolve()
        if path not in self.pictures:
            self.pictures[path] = _opened(path)
        found = self.pictures[path]
        if isinstance(found, PictureError):
            raise _FaultError(f"{found.what} ({path.name})")
        first = self.names.setdefault(found.id, path)
        if first != path:
            raise _FaultError(f"{path.name} is the same picture as {first.name}")
        return found

    def admit(self, example: Example) -> Example:
        """Return the example, or complain that it was given before."""
        first = self.given.setdefault(example.fingerprint, example.name)
        if first != example.name:
            raise _FaultError(f"the same as {first}")
        return example


_Make = Callable[[_Shelf], Example]


def _opened(path: Path) -> Picture | PictureError:
    picture = Picture.of(path)
    try:
        _ = picture.id, picture.size
    except PictureError as error:
        return error
    picture.forget()
    return picture


def _rows(source: Path, ask: str, several: bool) -> Iterator[tuple[str, _Make]]:
    table = source / _CAPTIONS if source.is_dir() else source
    label = f"{table.parent.name}/{table.name}" if several else table.name
    if not table.is_file():
        raise DataError("no such data", got=table, do=_FORMS)
    try:
        yield from _captions(table, label, ask) if table.suffix.lower() == ".csv" else _conversations(table, label)
    except (OSError, UnicodeDecodeError, csv.Error, ValueError, RecursionError) as error:
        raise DataError("the data cannot be read", got=f"{table} ({error})", do=_FORMS) from error


# -- captions -------------------------------------------------------------------------------------------------------


def _captions(table: Path, label: str, ask: str) -> Iterator[tuple[str, _Make]]:
    with io.StringIO(files.text(table), newline="") as stream:
        reader = csv.DictReader(stream)
        columns = {str(name).strip().lower(): name for name in reader.fieldnames or ()}
        image, caption = columns.get("image", columns.get("file")), columns.get("caption")
        if image is None or caption is None:
            raise DataError(
                "the table needs the columns image (or file) and caption", got=f"{table}: {sorted(columns)}"
            )
        for row in reader:
            name = f"{label}:{reader.line_num}"
            yield name, _captioned(name, table.parent, (row[image] or "").strip(), (row[caption] or "").strip(), ask)


def _captioned(name: str, folder: Path, image: str, caption: str, ask: str) -> _Make:
    def make(shelf: _Shelf) -> Example:
        if not image:
            raise _FaultError("no picture is named")
        if not caption:
            raise _FaultError("the caption is empty")
        return Example(name, (shelf.picture(folder / image),), (("user", f"{IMAGE}\n{ask}"), ("assistant", caption)))

    return make


# -- LLaVA's conversations --------------------------------------------------------------------------------------------


def _conversations(file: Path, label: str) -> Iterator[tuple[str, _Make]]:
    rows = json.loads(files.text(file))
    if not isinstance(rows, list):
        raise DataError("the conversations must be a list", got=f"{file}: {type(rows).__name__}", do=_FORMS)
    for place, row in enumerate(rows):
        name = f"{label}[{place}]"
        yield name, _conversation(name, file.parent, row)


def _conversation(name: str, folder: Path, row: Any) -> _Make:
    def make(shelf: _Shelf) -> Example:
        images = row.get("image") if isinstance(row, dict) else None
        images = [images] if isinstance(images, str) else images
        if not images or not isinstance(images, list) or not all(isinstance(image, str) and image for image in images):
            raise _FaultError("no picture is named")
        turns = tuple(_turns(row.get("conversations")))
        marks = sum(text.count(IMAGE) for role, text in turns if role == "user")
        if marks != len(images):
            raise _FaultError(f"{marks} × {IMAGE} for {len(images)} pictures")
        pictures = tuple(shelf.picture(folder / image) for image in images)
        if len(set(images)) < len(images):
            raise _FaultError("names a picture twice")
        return Example(name, pictures, turns)

    return make


def _turns(said: Any) -> Iterator[tuple[str, str]]:
    if not isinstance(said, list) or not said or not all(isinstance(turn, dict) for turn in said):
        raise _FaultError("there are no conversations")
    roles = [_ROLES.get(str(turn.get("from")), "") for turn in said]
    spoken = roles[1:] if roles[0] == "system" else roles
    if not spoken or len(spoken) % 2 or spoken != ["user", "assistant"] * (len(spoken) // 2):
        raise _FaultError(
            f"roles must be human and gpt in turn, got {', '.join(str(turn.get('from')) for turn in said)}"
        )
    for role, turn in zip(roles, said, strict=True):
        text = turn.get("value")
        if not isinstance(text, str) or not text.replace(IMAGE, "").strip():
            raise _FaultError(f"the {'answer' if role == 'assistant' else 'question'} is empty")
        if role != "user" and IMAGE in text:
            raise _FaultError(f"{IMAGE} stands outside the questions")
        yield role, text


# -- words ------------------------------------------------------------------------------------------------------------


def _parts(text: str, pictures: Iterator[Picture]) -> list[str | Picture]:
    parts: list[str | Picture] = []
    for place, words in enumerate(text.split(IMAGE)):
        if place:
            parts.append(next(pictures))
        if words.strip():
            parts.append(words.strip())
    return parts


def _told(faults: Sequence[Fault], most: int = 3) -> str:
    more = len(faults) - most
    return "; ".join([*map(str, faults[:most]), *([f"and {more} more"] if more > 0 else [])])


def _do(some_left: bool) -> str:
    return "mend them, or leave them out with --skip-bad (skip_bad=True)" if some_left else "mend them"

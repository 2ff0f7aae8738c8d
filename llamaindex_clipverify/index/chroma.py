"""Chroma: clients and collections of an evidence index, and nothing of what lies in them. The one file that imports it."""

from __future__ import annotations

import os
import sys
import weakref
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.boundary.failures import telling
from llamaindex_clipverify.errors import DataError, ModelError

OWN = "clipverify_"
"""Prefix of the metadata keys that are the index's own."""
MOST = 300
"""Records written, read or found at once at most: what Chroma Cloud takes."""
SECONDS = 60.0
"""Time limit for connecting to a server, and for each silence of it while it answers; Chroma itself waits for ever."""
CLOUD = "api.trychroma.com"
"""The host whose key, and tenant and database where the address names none, are looked up in the environment."""


def is_url(store: object) -> bool:
    """Whether a store is a server's address."""
    return str(store).lower().startswith(("http://", "https://"))


def is_folder(store: object) -> bool:
    """Whether a store is a folder on this machine."""
    return isinstance(store, (str, Path)) and not is_url(store)


def address_of(store: Any) -> str | Path:
    """Return the folder or address by which another process can open a store.

    Raises:
        DataError: The store is a client object.
    """
    if not isinstance(store, (str, Path)):
        raise DataError(
            "an index on a client cannot be pickled", got=type(store).__name__, do="open it by folder or address"
        )
    return store


class Guarded:
    """A client or collection of Chroma whose failures are `DataError`s: a full or read-only disk, a damaged file, a lost server.

    It is of one process: a forked child must open the store itself, because Chroma's threads are not forked.
    """

    def __init__(self, inner: Any, store: object, client: Guarded | None = None) -> None:
        """Guard a client, or a collection of the guarded `client`, of a store."""
        self._inner, self._store, self._owner, self._client = inner, store, os.getpid(), client

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the client or collection; methods are guarded."""
        inner = vars(self).get("_inner")
        if inner is None:
            raise AttributeError(name)
        if self._owner != os.getpid():
            raise DataError("the index was opened before the process was forked", do="open it again in the child")
        with failing(self._store):
            value = getattr(inner, name)
        if name.startswith("_") or not callable(value):
            return value

        def call(*given: Any, **options: Any) -> Any:
            with failing(self._store):
                return value(*given, **options)

        return call


def failing(store: object) -> Any:
    """Return the context in which whatever Chroma raises becomes a `DataError`."""
    shown = store if isinstance(store, (str, Path)) else type(store).__name__
    return telling(
        DataError, "the store of the index failed", got=shown, do="see that it is there, whole and writable, with room"
    )


def _forget_clients() -> None:
    """Forget, in a forked child, the clients that Chroma keeps by name: they would wait for threads that do not exist."""
    with suppress(Exception):
        shared = sys.modules["chromadb.api.shared_system_client"].SharedSystemClient
        for name in ("_identifier_to_system", "_identifier_to_refcount"):
            getattr(shared, name, {}).clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_clients)


def client_of(store: Any) -> Any:
    """Return the Chroma client of a folder, of a server's address, or the client that was given.

    An address may name a tenant and a database: ``http://HOST:PORT/TENANT/DATABASE``. That of Chroma Cloud takes the key from
    ``CHROMA_API_KEY``, and what it does not name from ``CHROMA_TENANT`` and ``CHROMA_DATABASE``.

    Raises:
        DataError: The server does not answer, or the address has another path.
    """
    if not isinstance(store, (str, Path)):
        return store if isinstance(store, Guarded) else Guarded(store, store)
    import chromadb
    from chromadb.config import Settings

    settings = Settings(anonymized_telemetry=False)
    if not is_url(store):
        with failing(store):
            return Guarded(chromadb.PersistentClient(str(files.resolved(store)), settings), store)  # kept by this name
    from urllib.parse import urlsplit

    with telling(DataError, "not the address of a Chroma server", got=store, do=_ADDRESS):
        parts = urlsplit(str(store))
        ssl, cloud = parts.scheme.lower() == "https", parts.hostname == CLOUD
        port = parts.port or (443 if ssl else 8000)
    names = [name for name in parts.path.split("/") if name]
    if len(names) not in (0, 2):
        raise DataError("not the address of a Chroma server", got=store, do=_ADDRESS)
    where: dict[str, Any] = dict(zip(("tenant", "database"), names, strict=False))
    do = "set CHROMA_API_KEY" if cloud else "start it (chroma run --path DIR) and make the database"
    with telling(DataError, "the Chroma server does not answer", got=store, do=do):
        if cloud:
            made = _in_time(lambda: chromadb.CloudClient(settings=settings, **where))
        else:
            made = _in_time(lambda: chromadb.HttpClient(parts.hostname or "", port, ssl, settings=settings, **where))
        client = Guarded(made, store)
    weakref.finalize(client, _close, made, os.getpid()).atexit = False
    return client


def _close(client: Any, owner: int) -> None:
    """Close the connections of a client that nobody uses any more: Chroma would keep them to the end of the process."""
    if os.getpid() == owner:
        with suppress(Exception):
            client._server._session.close()
            client.close()


_ADDRESS = "give http://HOST:PORT[/TENANT/DATABASE]"


def _in_time(connect: Callable[[], Any]) -> Any:
    """Return a client of a server whose requests have a time limit, those of its making included.

    Raises:
        TimeoutError: The server takes connections and does not answer.
    """
    made: Future[Any] = Future()

    def run() -> None:
        try:
            made.set_result(connect())
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            made.set_exception(error)

    Thread(target=run, daemon=True).start()
    client = made.result(SECONDS)
    with suppress(AttributeError):  # of a release that names it otherwise
        client._server._session.timeout = SECONDS
    return client


def collection(client: Any, name: str, made: Mapping[str, str | int]) -> Any:
    """Return a collection of cosine space that was made with an encoder, new where there is none.

    Args:
        client: A Chroma client.
        name: Of the collection.
        made: What a new one remembers of its making; ``clipverify_encoder`` must be that of one that is there.

    Raises:
        DataError: The collection is none of an evidence index.
        ModelError: It was made with another encoder.
    """
    found = client.get_or_create_collection(
        name, metadata=dict(made), configuration={"hnsw": {"space": "cosine"}}, embedding_function=None
    )
    known = found.metadata or {}
    if f"{OWN}encoder" not in known:
        raise DataError("the collection is not an evidence index", got=name, do="give another name=")
    encoder = made[f"{OWN}encoder"]
    if known[f"{OWN}encoder"] != encoder:
        raise ModelError(
            "the index was made with another encoder",
            got=f"{encoder}, not {known[f'{OWN}encoder']}",
            do="open it with that one, or index the pictures anew under another name=",
        )
    if isinstance(found, Guarded):
        return found
    return Guarded(found, client._store, client) if isinstance(client, Guarded) else Guarded(found, name)


def made_with(client: Any, name: str, store: object) -> Mapping[str, Any]:
    """Return what an index remembers of its making.

    Raises:
        DataError: There is none.
    """
    try:
        return client.get_collection(name, embedding_function=None).metadata or {}
    except Exception as error:
        raise DataError("no index there", got=f"{store} ({name})", do="make one with from_documents") from error


def upsert(client: Any, table: Any, rows: Mapping[str, Sequence[Any]]) -> None:
    """Write records, as many at once as the store takes.

    Args:
        client: The collection's client.
        table: The collection.
        rows: ``ids``, ``embeddings``, ``metadatas`` and what else `Collection.upsert` takes, equally long.
    """
    most = min(int(client.get_max_batch_size()), MOST) if hasattr(client, "get_max_batch_size") else MOST
    for start in range(0, len(rows["ids"]), most):
        table.upsert(**{key: list(values[start : start + most]) for key, values in rows.items()})


def named(table: Any, ids: Sequence[str], include: Sequence[str]) -> dict[str, Any]:
    """Return a collection's records by id, as `Collection.get` does, however many they are; unknown ids are left out.

    Args:
        table: The collection.
        ids: At least one.
        include: Any of ``documents``, ``metadatas`` and ``embeddings``.
    """
    chunks = [list(ids[start : start + MOST]) for start in range(0, len(ids), MOST)]
    parts = [table.get(ids=chunk, include=list(include)) for chunk in chunks]
    return {key: [one for part in parts for one in part[key]] for key in ("ids", *include)} if parts[1:] else parts[0]


def pages(
    table: Any, include: Sequence[str], where: Mapping[str, Any] | None = None, size: int = MOST, start: int = 0
) -> Iterator[dict[str, Any]]:
    """Yield a collection's records from the one at `start` on, some hundred at a time, as `Collection.get` returns them."""
    while True:
        found = table.get(limit=size, offset=start, include=list(include), where=dict(where) if where else None)
        if not found["ids"]:
            return
        yield found
        start += len(found["ids"])

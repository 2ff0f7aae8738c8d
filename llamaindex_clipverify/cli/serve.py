"""clipverify serve: the verifier and an index as a service over HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from llamaindex_clipverify.boundary.tls import Certificate
from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.groups import with_groups
from llamaindex_clipverify.cli.options import ReadingModelOptions
from llamaindex_clipverify.cli.output import say, warn
from llamaindex_clipverify.errors import DataError

if TYPE_CHECKING:
    from llamaindex_clipverify.serving.keys import Keys


@dataclass(frozen=True, kw_only=True)
class AddressOptions:
    """Where the service listens, and who may ask."""

    host: Annotated[
        str, typer.Option("--host", help="Address to bind. Default: this machine only; others need API keys.")
    ] = "127.0.0.1"
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port to bind; 0 takes a free one.")] = 8700
    allow_host: Annotated[
        list[str] | None,
        typer.Option("--allow-host", metavar="NAME", help="Name by which callers may reach it, besides its address."),
    ] = None
    keys: Annotated[
        Path | None,
        typer.Option(
            "--keys",
            metavar="FILE",
            help="API keys, NAME:KEY in each line; also from the environment: CLIPVERIFY_API_KEYS.",
        ),
    ] = None
    certificate: Annotated[
        Path | None,
        typer.Option("--certificate", metavar="FILE", help="Serve HTTPS: certificate with its chain, in PEM."),
    ] = None
    key: Annotated[
        Path | None,
        typer.Option("--key", metavar="FILE", help="Private key of the certificate, in PEM, without a passphrase."),
    ] = None
    no_key: Annotated[bool, typer.Option("--no-key", help="Let everybody ask who reaches the address.")] = False

    def secured(self) -> Certificate | None:
        """Return the certificate, checked; None for HTTP.

        Raises:
            DataError: One of the two files is missing, or they cannot be used.
        """
        if self.certificate is None and self.key is None:
            return None
        if self.certificate is None or self.key is None:
            raise DataError(
                "HTTPS takes a certificate and its key", got="one of them", do="give --certificate and --key"
            )
        made = Certificate(self.certificate, self.key)
        made.check()
        return made

    def known(self) -> Keys:
        """Return the keys.

        Raises:
            DataError: There is none, and others than this machine can reach the address.
        """
        from llamaindex_clipverify.serving.keys import VARIABLE, Keys
        from llamaindex_clipverify.serving.server import is_loopback

        known = Keys.given(self.keys)
        if not known and not is_loopback(self.host):
            if not self.no_key:
                do = f"give --keys FILE or set {VARIABLE}; --no-key lets everybody ask"
                raise DataError("others can reach this address, and no API key is set", got=self.host, do=do)
            warn(f"whoever reaches {self.host} can use this service, and its models")
        return known


@dataclass(frozen=True, kw_only=True)
class LimitOptions:
    """Limits of a request, and of how many may come."""

    max_mb: Annotated[int, typer.Option("--max-mb", min=1, help="Maximum size of a request, in MB.")] = 64
    max_answer: Annotated[
        int, typer.Option("--max-answer", min=1, help="Maximum length of an answer, in characters.")
    ] = 20_000
    max_pictures: Annotated[
        int, typer.Option("--max-pictures", min=1, help="Maximum number of pictures of an answer.")
    ] = 16
    timeout: Annotated[float, typer.Option("--timeout", min=0.1, help="Seconds that a request may take.")] = 30.0
    rate: Annotated[int, typer.Option("--rate", min=0, help="Requests of one key in a minute; 0 for any number.")] = (
        1_200
    )
    concurrent: Annotated[int, typer.Option("--concurrent", min=1, help="Requests under way at a time.")] = 64
    batch: Annotated[int, typer.Option("--batch", min=1, help="Answers verified in one call.")] = 16
    gather: Annotated[
        float, typer.Option("--gather", min=0.0, help="Milliseconds that a batch waits for requests that are arriving.")
    ] = 2.0


@app.command()
@with_groups
def serve(
    models: ReadingModelOptions,
    address: AddressOptions,
    limits: LimitOptions,
    store: Annotated[
        str | None,
        typer.Option(
            metavar="DIR|URL",
            help="Index whose pictures can be named by id and searched; made if models are named and it is not there.",
        ),
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR", help="Where files of added pictures are kept. Default: in the folder of the index."
        ),
    ] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Take no pictures into the index.")] = False,
    log_answers: Annotated[
        bool, typer.Option("--log-answers", help="Write the texts of answers into the log.")
    ] = False,
) -> None:
    """Serve the verifier, and an index, over HTTP (extra serve).

    Programs ask it with Verifier.remote(URL), and the command line with --server URL. The log is JSON on stderr.
    """
    from llamaindex_clipverify.serving import server
    from llamaindex_clipverify.serving.app import make_app
    from llamaindex_clipverify.serving.limits import Limits
    from llamaindex_clipverify.serving.logs import Log
    from llamaindex_clipverify.serving.service import Service

    if store is None:
        models.require()
    known, certificate = address.known(), address.secured()
    made = server.bound(
        address.host, address.port
    )  # before the models are loaded: a port that is taken is said at once
    index = None if store is None else models.make_index(store) if models.given else models.open_index(store)
    verifier = index.verifier if index is not None else models.verifier()
    allowed = Limits(
        body=limits.max_mb * 2**20,
        answer=limits.max_answer,
        pictures=limits.max_pictures,
        seconds=limits.timeout,
        rate=limits.rate,
        concurrent=limits.concurrent,
        batch=limits.batch,
        gather=limits.gather / 1000,
    )
    service = Service(verifier, index, allowed, writable=not read_only, folder=pictures)
    url = server.address_of(made, address.host, secure=certificate is not None)
    serving: list[server.Server] = []
    asgi = make_app(
        service,
        keys=known,
        names=(address.host, *(address.allow_host or ())),
        log=Log(answers=log_answers),
        failed=lambda error: serving[0].fail(error),
    )
    serving.append(
        server.Server(asgi, started=lambda: say(f"serving: {url}  (Ctrl+C ends it)"), certificate=certificate)
    )
    serving[0].serve_on(made)

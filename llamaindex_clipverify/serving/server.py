"""Runs the service; the only file that imports uvicorn. A signal stops it gracefully: what runs is finished."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any

from llamaindex_clipverify.boundary.failures import reason
from llamaindex_clipverify.boundary.requests import LOOPBACK, App
from llamaindex_clipverify.boundary.tls import Certificate
from llamaindex_clipverify.errors import ClipVerifyError, DataError, MissingExtraError

try:
    import uvicorn
    from uvicorn.protocols.http.auto import AutoHTTPProtocol
except ImportError as missing:
    raise MissingExtraError("uvicorn", "serve") from missing

GRACE = 30
"""Seconds that requests under way may take after a signal."""
_HEAD = 10.0
"""Seconds in which the head of a request must have come."""
_FAREWELL = 1.0
"""Seconds that an idle connection has to close when the service stops."""
_SWITCH = 0.001
"""Seconds after which a thread that computes lets others run; Python's default of 5 ms would delay every answer."""


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        DataError: The address is taken, or none of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    made = socket.socket(family, socket.SOCK_STREAM)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind((host, port))
        made.listen(256)
    except OSError as error:
        made.close()
        raise DataError(
            "the service cannot be bound", got=f"{host}:{port} ({reason(error)})", do="give another --port"
        ) from error
    return made


def address_of(made: socket.socket, host: str, *, secure: bool = False) -> str:
    """Return the address of a socket that listens."""
    port = made.getsockname()[1]
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if secure else 'http'}://{shown}:{port}"


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches an address."""
    return host in LOOPBACK or host.startswith("127.")


class Server(uvicorn.Server):
    """Serves an app until a signal comes."""

    def __init__(
        self,
        app: App,
        *,
        started: Callable[[], None] | None = None,
        certificate: Certificate | None = None,
        grace: int = GRACE,
    ) -> None:
        """Serve an app.

        Args:
            app: The app.
            started: Called when it answers.
            certificate: For HTTPS; None for HTTP.
            grace: Seconds that requests under way may take after a signal.
        """
        config = uvicorn.Config(
            app,
            log_config=None,
            access_log=False,
            server_header=False,
            proxy_headers=False,
            ws="none",
            http=_Impatient,
            lifespan="on",
            timeout_keep_alive=15,
            timeout_graceful_shutdown=grace,
            ssl_certfile=None if certificate is None else str(certificate.file),
            ssl_keyfile=None if certificate is None else str(certificate.key),
        )
        super().__init__(config)
        self.on_start = started
        self.problem: ClipVerifyError | None = None

    def fail(self, error: ClipVerifyError) -> None:
        """Stop, because the service is of no use."""
        self.problem = error
        self.should_exit = True

    def serve_on(self, made: socket.socket) -> None:
        """Serve until a signal comes, then finish what runs.

        Raises:
            ClipVerifyError: The service is of no use; see `fail`.
        """
        sys.setswitchinterval(_SWITCH)
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGINT):  # uvicorn raises them again when it has stopped
                signal.signal(number, _nothing)
        self.run(sockets=[made])
        if self.problem is not None:
            raise self.problem

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        if self.on_start is not None and not self.should_exit:
            self.on_start()


def _nothing(number: int, frame: FrameType | None) -> None:
    """Do nothing: the signal was obeyed."""


class _Impatient(AutoHTTPProtocol):  # type: ignore[misc, valid-type]
    """Hangs up on whoever does not send the head of a request in time."""

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._late = asyncio.get_running_loop().call_later(_HEAD, self._hang_up)

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is not None and not self.cycle.response_complete:
            self._late.cancel()  # its head has come: the door limits the rest

    def on_response_complete(self) -> None:
        super().on_response_complete()
        self._late.cancel()
        self._late = asyncio.get_running_loop().call_later(_HEAD + self.timeout_keep_alive, self._hang_up)

    def shutdown(self) -> None:
        """Close the connection when its request has ended; with TLS, an idle caller may never answer the farewell."""
        super().shutdown()
        if self.cycle is None or self.cycle.response_complete:
            asyncio.get_running_loop().call_later(_FAREWELL, self.transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        self._late.cancel()
        super().connection_lost(exc)

    def _hang_up(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()

"""What a network can raise, as errors of this package."""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass

from llamaindex_clipverify.boundary.failures import reason
from llamaindex_clipverify.errors import ResponseError, ServiceTimeoutError, UnreachableError


@dataclass
class Telling:
    """Raises a `ServiceError` for whatever the network raises."""

    url: str
    end: float
    timeout: float

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if isinstance(error, TimeoutError):
            what, do = "the server did not answer in time", "ask later, or give a longer timeout="
            raise ServiceTimeoutError(what, got=f"{self.url}, {self.timeout:g} seconds", do=do) from error
        if isinstance(error, http.client.HTTPException) and not isinstance(error, http.client.RemoteDisconnected):
            do = "check that the address is that of clipverify serve"
            raise ResponseError("the server does not answer as HTTP says", got=reason(error), do=do) from error
        if isinstance(error, ssl.SSLCertVerificationError):
            do = "check the address, or name the authority that signed it: --ca FILE, ca="
            got = f"{self.url} ({error.verify_message})"
            raise UnreachableError("the server's certificate is not trusted", got=got, do=do) from error
        if isinstance(error, OSError):
            do = "check the address, and start it: clipverify serve"
            raise UnreachableError(
                "the server cannot be reached", got=f"{self.url} ({reason(error)})", do=do
            ) from error

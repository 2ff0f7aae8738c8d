"""Certificates for HTTPS: that of a service, and the authorities that a client trusts."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.boundary.failures import telling
from llamaindex_clipverify.errors import DataError

_MOST = 16 * 2**20
"""Maximum size of a file of certificates in bytes."""


@dataclass(frozen=True)
class Certificate:
    """The certificate of a service with its chain, and its private key: two files in PEM."""

    file: Path
    key: Path

    def check(self) -> None:
        """Check that the files can be used, before anything is loaded.

        Raises:
            DataError: One cannot be read, they do not belong together, or the key has a passphrase.
        """
        do = "give --certificate and --key in PEM, the key without a passphrase"
        with telling(DataError, "the certificate cannot be used", got=f"{self.file}, {self.key}", do=do):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(
                _readable(self.file), _readable(self.key), password=""
            )  # else a passphrase would be asked for


def trusting(ca: str | Path | None) -> ssl.SSLContext:
    """Return what checks the certificates of servers: with the authorities in a PEM file, or with those of the system.

    Raises:
        DataError: The file cannot be read, or holds no certificate.
    """
    if ca is None:
        return ssl.create_default_context()
    what, do = "the certificate authority cannot be used", "give a file of certificates in PEM"
    with telling(DataError, what, got=ca, do=do):
        return ssl.create_default_context(cafile=_readable(ca))


def _readable(file: str | Path) -> Path:
    """Return the path of a regular file that can be read: the library would wait for a pipe, and read a device for ever.

    Raises:
        OSError: It is none, or larger than a bundle of certificates.
    """
    path = files.local(file)
    files.content(path, _MOST)
    return path

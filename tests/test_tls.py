"""HTTPS: the service with a certificate that the test makes, its client, and the commands that ask it."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from services import Served, served, without_times

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.boundary.tls import Certificate
from llamaindex_clipverify.errors import DataError, ServiceError, UnreachableError
from llamaindex_clipverify.serving.service import Service

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl makes the certificates")
ANSWER = "There is a yellow cup. The clock is red."


def openssl(*arguments: object) -> None:
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def signed(folder: Path, name: str, names: str) -> Certificate:
    """Return a certificate for some names, signed by an authority of its own: ``NAME-ca.pem``."""
    ca, ca_key, made = (
        folder / f"{name}-ca.pem",
        folder / f"{name}-ca.key",
        Certificate(folder / f"{name}.pem", folder / f"{name}.key"),
    )
    new = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    openssl(
        "req",
        "-x509",
        *new,
        "-keyout",
        ca_key,
        "-out",
        ca,
        "-subj",
        "/CN=tests",
        "-addext",
        "keyUsage=critical,keyCertSign",
    )
    openssl("req", *new, "-keyout", made.key, "-out", folder / "asked", "-subj", f"/CN={name}")
    (folder / "extensions").write_text(f"subjectAltName={names}\nauthorityKeyIdentifier=keyid\n")
    openssl(
        "x509",
        "-req",
        "-in",
        folder / "asked",
        "-CA",
        ca,
        "-CAkey",
        ca_key,
        "-out",
        made.file,
        "-days",
        "2",
        "-extfile",
        folder / "extensions",
    )
    return made


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("certificates")


@pytest.fixture(scope="module")
def certificate(folder: Path) -> Certificate:
    return signed(folder, "localhost", "DNS:localhost,IP:127.0.0.1")


@pytest.fixture(scope="module")
def ca(certificate: Certificate, folder: Path) -> Path:
    return folder / "localhost-ca.pem"


@pytest.fixture(scope="module")
def secure(tiny: Verifier, certificate: Certificate) -> Iterator[Served]:
    with served(Service(tiny, writable=False), certificate=certificate) as running:
        yield running


def test_a_report_over_https_is_the_local_one(secure: Served, ca: Path, tiny: Verifier, scene_file: Path) -> None:
    assert secure.url.startswith("https://")
    remote = Verifier.remote(secure.url, ca=ca)
    report = remote.verify(ANSWER, [scene_file])
    assert without_times(report.to_dict()) == without_times(tiny.verify(ANSWER, [scene_file]).to_dict())
    again = pickle.loads(pickle.dumps(remote))
    assert again.verify("There is a cup.", [scene_file]).verdict == "supported"
    *_, last = remote.verify_stream(iter(["There is a cup. ", "The clock is red."]), [scene_file])
    assert last.verdict == "contradicted"


def test_a_certificate_of_a_stranger_is_refused(secure: Served, folder: Path, scene_file: Path) -> None:
    signed(folder, "stranger", "DNS:localhost,IP:127.0.0.1")
    for trusted in (None, folder / "stranger-ca.pem"):
        with pytest.raises(
            UnreachableError, match=r"certificate is not trusted; got https://.*; check the address, or name"
        ):
            Verifier.remote(secure.url, ca=trusted).verify("A cat.", [scene_file])


def test_a_certificate_of_another_name_is_refused(tiny: Verifier, folder: Path, scene_file: Path) -> None:
    other = signed(folder, "other", "DNS:verify.example")
    refused = pytest.raises(UnreachableError, match=r"is not trusted; got .*(IP address mismatch|not valid for)")
    with served(Service(tiny, writable=False), certificate=other) as running, refused:
        Verifier.remote(running.url, ca=folder / "other-ca.pem").verify("A cat.", [scene_file])


def test_http_at_an_https_port_is_one_error(secure: Served, scene_file: Path) -> None:
    with pytest.raises(ServiceError):
        Verifier.remote(secure.url.replace("https", "http"), timeout=20).verify("A cat.", [scene_file])


def test_commands_take_the_authority(secure: Served, ca: Path, scene_file: Path, clipverify, monkeypatch) -> None:
    asked = ("verify", "--answer", ANSWER, "--image", scene_file, "--server", secure.url)
    ran = clipverify(*asked, "--ca", ca, "--json", "-")
    assert ran.code == 1 and json.loads(ran.out)["verdict"] == "contradicted" and ran.err == ""
    ran = clipverify(*asked)
    assert ran.code == 2 and ran.err.count("\n") == 1 and "--ca FILE" in ran.err
    monkeypatch.setenv("CLIPVERIFY_CA", str(ca))
    assert clipverify(*asked).code == 1
    assert Verifier.remote(secure.url).verify("There is a cup.", [scene_file]).verdict == "supported"


@pytest.mark.parametrize(
    "content", [None, "", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
)
def test_a_file_without_an_authority_is_one_error(tmp_path: Path, content: str | None) -> None:
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    with pytest.raises(
        DataError, match=r"the certificate authority cannot be used; got .*ca.pem .*; give a file of certificates"
    ):
        Verifier.remote("https://localhost:1", ca=file)


def test_a_certificate_that_cannot_be_used_is_one_line(
    certificate: Certificate, folder: Path, clipverify, tmp_path: Path
) -> None:
    locked = tmp_path / "locked.key"
    openssl("ec", "-in", certificate.key, "-aes256", "-passout", "pass:secret", "-out", locked)
    signed(folder, "third", "DNS:localhost")
    for file, key in (
        (certificate.file, locked), (certificate.file, folder / "third.key"), (certificate.file, tmp_path / "none"),
        (tmp_path / "none", certificate.key), (certificate.key, certificate.key),
    ):  # fmt: skip
        ran = clipverify("serve", "--models", "tiny", "--port", "0", "--certificate", file, "--key", key)
        assert ran.code == 2 and ran.err.count("\n") == 1 and "the certificate cannot be used" in ran.err, ran.err
    ran = clipverify("serve", "--models", "tiny", "--certificate", certificate.file)
    assert ran.code == 2 and "HTTPS takes a certificate and its key" in ran.err


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes here")
def test_pipes_devices_and_folders_are_no_certificates(certificate: Certificate, tmp_path: Path) -> None:
    """The library would wait for a pipe, and read a device for ever."""
    os.mkfifo(tmp_path / "pipe")
    for name in (tmp_path / "pipe", Path("/dev/zero"), tmp_path, Path("a\0b"), Path("~nobody-of-that-name/key")):
        for made in (Certificate(name, certificate.key), Certificate(certificate.file, name)):
            with pytest.raises(DataError, match="the certificate cannot be used"):
                made.check()
        with pytest.raises(DataError, match="the certificate authority cannot be used"):
            Verifier.remote("https://localhost:1", ca=name)
    (tmp_path / "large").write_bytes(b"\n" * (16 * 2**20 + 1))
    with pytest.raises(DataError, match="larger than"):
        Verifier.remote("https://localhost:1", ca=tmp_path / "large")


def test_an_authority_without_https_is_an_error(ca: Path) -> None:
    """Else a key would be sent in clear by somebody who asked for HTTPS."""
    with pytest.raises(
        DataError, match=r"an authority is for a server with HTTPS; got http://localhost:1; give https://"
    ):
        Verifier.remote("localhost:1", ca=ca)

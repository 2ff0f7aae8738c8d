"""The client of a service: the reports of a local verifier without its models, and one typed error for whatever goes wrong."""

from __future__ import annotations

import copy
import http.server
import json
import os
import pickle
import socket
import ssl
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from services import KEY, png, scenes_indexed, served, without_times

from llamaindex_clipverify import EvidenceIndex, Report, Verifier
from llamaindex_clipverify.answer import Answer, Source
from llamaindex_clipverify.errors import (
    AuthenticationError,
    ClipVerifyError,
    DataError,
    MissingExtraError,
    OnlyLocalError,
    PictureError,
    RateLimitError,
    RequestError,
    ResponseError,
    ServiceTimeoutError,
    UnreachableError,
)
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.remote.connection import Connection
from llamaindex_clipverify.remote.problems import Refused, error_of, problem_of
from llamaindex_clipverify.serving.keys import Keys, TooManyError
from llamaindex_clipverify.serving.service import Service
from llamaindex_clipverify.serving.sharing import shared
from llamaindex_clipverify.testing import FRESH, draw_scene
from llamaindex_clipverify.verification.streaming import VerifiedSentence

ANSWER = "There is a yellow cup. The clock is red. A zebra is to the left of the cup. It costs 9 euros."
PIECES = ("There is a ", "yellow cup. The clock", " is red. A zebra is to the left", " of the cup. It costs 9 euros.")


@pytest.fixture(scope="module")
def index(tmp_path_factory) -> EvidenceIndex:
    return scenes_indexed(tmp_path_factory)


@pytest.fixture(scope="module")
def running(index):
    with served(Service(index.verifier, index), keys=Keys.of([KEY])) as one:
        yield one


@pytest.fixture
def remote(running) -> Verifier:
    return Verifier.remote(running.url, api_key=KEY)


@pytest.fixture(scope="module")
def local(index) -> Verifier:
    return index.verifier


def given(scene) -> dict[str, object]:
    """The same pictures in every way that they can be given."""
    return {"file": png(scene.image), "pixels": scene.image, "array": np.asarray(scene.image)}


@pytest.mark.parametrize("way", ["file", "pixels", "array"])
def test_reports_are_those_of_a_local_verifier(remote, local, scene, way):
    pictures = [given(scene)[way], draw_scene(FRESH + 1).image]
    one = remote.verify(ANSWER, pictures, "What is there?", ["It costs 9 euros."])
    two = local.verify(ANSWER, pictures, "What is there?", ["It costs 9 euros."])
    assert without_times(one.to_dict()) == without_times(two.to_dict())
    assert [picture.id for picture in one.pictures] == [picture.id for picture in two.pictures]
    assert str(one) == str(two) and one.pictures[0].image.size == (448, 448)


async def test_the_other_ways_to_verify(remote, local, scene):
    one = await remote.averify(ANSWER, [scene.image])
    assert without_times(one.to_dict()) == without_times(local.verify(ANSWER, [scene.image]).to_dict())
    answers = [Answer.of(f"There is a {noun}.", [scene.image]) for noun in ("cup", "dog", "zebra", "clock")]
    answers.insert(2, Answer.on_pictures("A cat.", [Picture.of(b"no picture")]))
    results, expected = remote.verify_batch(answers), local.verify_batch(answers)
    assert [type(result) for result in results] == [type(result) for result in expected]
    assert isinstance(results[2], PictureError) and str(results[2]) == str(expected[2])
    assert [without_times(one.to_dict()) for one in results if isinstance(one, Report)] == [
        without_times(one.to_dict()) for one in expected if isinstance(one, Report)
    ]


def test_a_partial_answer_has_the_gaps_of_a_local_one(remote, local, scene, tmp_path):
    sources = (
        Source(picture=Picture.of(tmp_path / "missing.png")),
        Source(picture=Picture.of(scene.image)),
        Source(problem=DataError("a source that may not be opened")),
    )
    answer = Answer(text="There is a yellow cup.", sources=sources, is_partial=True)
    one, two = remote.verify(answer), local.verify(answer)
    assert one.gaps == two.gaps and one.notes == two.notes and one.coverage == two.coverage
    for verifier in (remote, local):
        with pytest.raises(PictureError, match="no such picture"):
            verifier.verify(Answer(text="A cat.", sources=sources[:1]))


def test_a_stream_is_that_of_a_local_verifier(remote, local, scene):
    pictures = [scene.image]
    one = list(remote.verify_stream(PIECES, pictures, "What is there?"))
    two = list(local.verify_stream(PIECES, pictures, "What is there?"))
    assert [type(part) for part in one] == [type(part) for part in two] == [VerifiedSentence] * 3 + [Report]
    for left, right in zip(one, two, strict=True):
        reports = [part if isinstance(part, Report) else part.report for part in (left, right)]
        assert without_times(reports[0].to_dict()) == without_times(reports[1].to_dict())
        if not isinstance(left, Report):
            assert left.text == right.text


def test_a_growing_answer_has_its_report_so_far(remote, local, scene):
    streams = [verifier.stream([Source(picture=Picture.of(scene.image))]) for verifier in (remote, local)]
    for piece in PIECES[:2]:
        found = [stream.add(piece) for stream in streams]
        assert len(found[0]) == len(found[1])
    so_far = [stream.report for stream in streams]
    assert without_times(so_far[0].to_dict()) == without_times(so_far[1].to_dict())
    assert [stream.finish().answer for stream in streams] == ["".join(PIECES[:2])] * 2


@pytest.mark.parametrize("sources", [[], [Source(picture=Picture.of(b"no picture"))]])
def test_a_stream_on_nothing_says_why(remote, local, sources):
    reports = [list(verifier.stream(sources).add("A cat. ")) for verifier in (remote, local)]
    finished = []
    for verifier in (remote, local):
        stream = verifier.stream(sources)
        stream.add("There is a cat. ")
        finished.append(stream.finish())
    assert finished[0].notes == finished[1].notes and finished[0].trust is finished[1].trust is None
    assert reports is not None


def test_a_stream_that_breaks_off_is_a_note(index, scene):
    with served(Service(index.verifier, index)) as one:
        stream = Verifier.remote(one.url, timeout=5.0).stream([Source(picture=Picture.of(scene.image))])
        assert len(stream.add("There is a cup. ")) == 1
    assert stream.add("There is a dog. ") == []
    report = stream.finish()
    assert report.trust is None and "not verified" in report.notes[0]


def test_heat_maps_are_those_of_a_local_verifier(remote, local, scene):
    one, two = (verifier.explain(verifier.verify(ANSWER, [scene.image])) for verifier in (remote, local))
    assert [(each.claim, each.picture, each.map.method, each.map.text, each.map.doubt) for each in one.maps] == [
        (each.claim, each.picture, each.map.method, each.map.text, each.map.doubt) for each in two.maps
    ]
    assert (
        max(abs(left.map.values - right.map.values).max() for left, right in zip(one.maps, two.maps, strict=True))
        < 1e-3
    )
    [heat] = remote.heat_maps(["a zebra"], scene.image, "attention")
    assert heat.text == "a zebra" and heat.values.shape == (448, 448)
    assert remote.map_methods == local.map_methods
    assert "yellow cup" in one._repr_html_()
    with pytest.raises(DataError, match="method"):
        remote.heat_maps(["a zebra"], scene.image, "nonsense")


def test_fits_searches_and_pictures_of_the_index(remote, local, index, scene):
    pictures = [Picture.of(scene.image), Picture.of(draw_scene(FRESH + 1).image)]
    one, two = (verifier.fits("a zebra", pictures) for verifier in (remote, local))
    assert [fit.objects for fit in one] == [fit.objects for fit in two]
    assert [round(fit.cosine, 4) for fit in one] == [round(fit.cosine, 4) for fit in two]
    hits = remote.search("a zebra", top_k=2)
    found = index.search("a zebra", top_k=2)
    assert [(hit.id, hit.size, hit.caption) for hit in hits] == [(hit.id, hit.size, hit.caption) for hit in found]
    assert np.array_equal(hits[0].picture.array(), found[0].picture.array())
    report = remote.verify(ANSWER, [hit.picture for hit in hits])
    assert without_times(report.to_dict()) == without_times(
        local.verify(ANSWER, [hit.picture for hit in found]).to_dict()
    )
    assert remote.search(image=scene.image, top_k=1)[0].id == index.search(image=scene.image, top_k=1)[0].id


def test_pictures_are_added(remote, index, tmp_path):
    draw_scene(FRESH + 50).image.save(tmp_path / "new.png")
    before = len(index)
    ids = remote.add([tmp_path], captions=["a new one"])
    assert len(index) == before + 1 and index.picture(ids[0]) is not None
    index.remove(ids)


def test_what_needs_the_models_says_so_in_one_typed_error(remote):
    for name in (
        "observe",
        "look",
        "facts",
        "report",
        "check",
        "judge",
        "evidence",
        "words",
        "encode_texts",
        "with_reference",
    ):
        with pytest.raises(OnlyLocalError, match=f"Verifier.{name} needs the models in this process"):
            getattr(remote, name)(None)
    for name in ("checks", "explainer", "memory"):
        with pytest.raises(OnlyLocalError):
            getattr(remote, name)


def test_a_client_is_pickled_without_its_key(remote, running, monkeypatch):
    data = pickle.dumps(remote)
    assert KEY.encode() not in data and KEY not in repr(remote)
    monkeypatch.setenv("CLIPVERIFY_API_KEY", KEY)
    assert pickle.loads(data).about.pictures == 3


def test_threads_share_a_client(remote, scene):
    answers = [Answer.of(f"There is a {noun}.", [scene.image]) for noun in ("cup", "dog") * 20]
    assert all(isinstance(result, Report) for result in remote.verify_batch(answers))


def test_no_model_library_is_imported(running):
    code = (
        "import sys\nfrom llamaindex_clipverify import Verifier\nfrom llamaindex_clipverify.testing import FRESH, draw_scene\n"
        f"verifier = Verifier.remote({running.url!r})\n"
        "report = verifier.verify('There is a cup. It is red.', [draw_scene(FRESH).image])\n"
        "verifier.explain(report)\n"
        "list(verifier.verify_stream(['There is a cup. ', 'It is red.'], [draw_scene(FRESH).image]))\n"
        "heavy = {'torch', 'transformers', 'llama_index', 'ultralytics', 'sklearn', 'pandas', 'chromadb', 'fastapi', 'httpx'}\n"
        "assert not heavy & set(sys.modules), heavy & set(sys.modules)"
    )
    import os

    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "CLIPVERIFY_API_KEY": KEY},
    )
    assert ran.returncode == 0, ran.stderr


# -- what goes wrong -------------------------------------------------------------------------------------------------------


def test_a_key_that_is_wrong_or_missing(running, scene, monkeypatch):
    monkeypatch.delenv("CLIPVERIFY_API_KEY", raising=False)
    for key in (None, "wrong-key-0123456789"):
        with pytest.raises(AuthenticationError) as refused:
            Verifier.remote(running.url, api_key=key).verify("A cat.", [scene.image])
        assert "wrong-key" not in str(refused.value)


@pytest.mark.parametrize(
    "url", ["", "ftp://a", "http://", "http://user:secret@a", "http://a:0", "http://a:99999", "http://a/?b"]
)
def test_what_is_no_address_is_refused(url):
    with pytest.raises(DataError):
        Verifier.remote(url)


@pytest.mark.parametrize("key", ["with space", "new\nline", "é" * 20])
def test_what_is_no_key_is_refused(key):
    with pytest.raises(DataError):
        Verifier.remote("http://127.0.0.1:1", api_key=key)


def test_no_server_is_one_line(scene):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    began = time.monotonic()
    with pytest.raises(UnreachableError, match="clipverify serve"):
        Verifier.remote(url).verify("A cat.", [scene.image])
    assert time.monotonic() - began < 5
    with pytest.raises(UnreachableError):
        Verifier.remote("http://no-such-host.invalid", timeout=5.0).verify("A cat.", [scene.image])
    assert Verifier.remote(url).policy.supported == 0.7  # so that doors can still say why nothing was verified


@contextmanager
def answering(*answers: bytes, wait: float = 0.0) -> Iterator[tuple[str, list[bytes]]]:
    """A server that answers each connection with some bytes, and keeps what it was sent."""
    listening = socket.create_server(("127.0.0.1", 0))
    requests: list[bytes] = []

    def run() -> None:
        for answer in answers:
            try:
                caller, _ = listening.accept()
            except OSError:
                return
            with caller:
                caller.settimeout(5)
                data = caller.recv(1 << 20)
                caller.settimeout(0.1)
                try:
                    while more := caller.recv(1 << 20):
                        data += more
                except TimeoutError:
                    requests.append(data)
                time.sleep(wait)
                try:
                    caller.sendall(answer)
                except OSError:
                    continue

    threading.Thread(target=run, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}", requests
    finally:
        listening.close()


def reply(body: bytes, status: str = "200 OK", *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (reply(b"", "302 Found", "Location: http://127.0.0.1:1/"), RequestError),
        (reply(b"", "307 Moved", "Location: https://elsewhere.invalid/"), RequestError),
        (reply(b"<html>", "200 OK"), ResponseError),
        (reply(b"<html>", "404 Not Found"), RequestError),
        (reply(b"<html>", "500 Oops"), ClipVerifyError),
        (reply(b"{}"), DataError),
        (reply(b"[]"), DataError),
        (reply(b"[" * 100_000), ResponseError),
        (reply(b"null"), DataError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", ResponseError),
        (b"SSH-2.0-OpenSSH\r\n", ResponseError),
        (b"", UnreachableError),
        (reply(json.dumps({"title": "no\x1b[31m\nway", "error": "os", "got": 3}).encode(), "400 Bad"), RequestError),
    ],
)
def test_what_another_server_answers_is_one_typed_error(answer, error, scene):
    with answering(*[answer] * 4) as (url, _), pytest.raises(error) as raised:
        Verifier.remote(url, timeout=5.0).verify("A cat.", [scene.image])
    assert "\n" not in str(raised.value) and "\x1b" not in str(raised.value)


def test_a_redirect_gets_neither_the_key_nor_the_pictures(scene):
    with (
        answering(reply(b"{}")) as (other, taken),
        answering(reply(b"", "308 Moved", f"Location: {other}/")) as (url, _),
    ):
        with pytest.raises(RequestError, match="redirects"):
            Verifier.remote(url, api_key=KEY).verify("A cat.", [scene.image])
        assert not taken


def test_a_slow_server_is_given_up(scene):
    with answering(reply(b"{}"), wait=3.0) as (url, requests):
        began = time.monotonic()
        with pytest.raises(ServiceTimeoutError):
            Verifier.remote(url, timeout=0.5).verify("A cat.", [scene.image])
        assert time.monotonic() - began < 2 and len(requests) == 1  # a request that was sent is not sent again


def test_a_server_that_drips_is_given_up(scene):
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def drip() -> None:
            caller, _ = listening.accept()
            with caller:
                caller.recv(1 << 20)
                for byte in reply(b" " * 1000):
                    try:
                        caller.sendall(bytes([byte]))
                    except OSError:
                        return
                    time.sleep(0.05)

        threading.Thread(target=drip, daemon=True).start()
        began = time.monotonic()
        with pytest.raises(ServiceTimeoutError):
            Verifier.remote(f"http://127.0.0.1:{listening.getsockname()[1]}", timeout=1.0).verify(
                "A cat.", [scene.image]
            )
        assert time.monotonic() - began < 4


def test_only_a_failed_connection_is_tried_again():
    with answering(b"", reply(b'{"a": 1}')) as (url, requests):
        connection = Connection(url, None, 5.0)
        with pytest.raises(UnreachableError):
            connection.ask("POST", "/v1/pictures", b"{}", idempotent=False)
        assert connection.ask("GET", "/v1").json() == {"a": 1} and len(requests) == 2


def test_a_server_that_starts_late_is_reached():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None: ...

    made: list[http.server.HTTPServer] = []

    def start() -> None:
        time.sleep(0.25)
        made.append(http.server.HTTPServer(("127.0.0.1", port), Handler))
        made[0].serve_forever()

    threading.Thread(target=start, daemon=True).start()
    assert Connection(f"http://127.0.0.1:{port}", None, 5.0).ask("GET", "/v1").json() == {}
    made[0].shutdown()
    made[0].server_close()


def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    made = subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate, "-days", "1",
         "-subj", "/CN=localhost"], capture_output=True, check=False,
    )  # fmt: skip
    if made.returncode:
        pytest.skip("openssl is not installed")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def accept() -> None:
            while True:
                try:
                    caller, _ = listening.accept()
                    context.wrap_socket(caller, server_side=True).close()
                except ssl.SSLError:
                    continue
                except OSError:
                    return

        threading.Thread(target=accept, daemon=True).start()
        with pytest.raises(UnreachableError, match=r"(?i)certificate"):
            Connection(f"https://localhost:{listening.getsockname()[1]}", KEY, 5.0).ask("GET", "/v1")


@pytest.mark.parametrize(
    "error",
    [
        DataError("a", got="b", do="c"),
        PictureError("a", got=3),
        RequestError("a"),
        OnlyLocalError("Verifier.look", "http://a"),
    ],
)
def test_an_error_survives_the_way(error):
    back = error_of(422, json.dumps(problem_of(error, "1")).encode())
    assert str(back) == str(error)
    assert isinstance(back, type(error)) or isinstance(error, OnlyLocalError)


def test_every_error_can_be_copied_and_sent_to_another_process():
    made = [
        *(kind("a", got=3, do="c") for kind in _kinds(ClipVerifyError) - {OnlyLocalError, MissingExtraError, Refused, TooManyError}),
        OnlyLocalError("Verifier.look", "http://a"), MissingExtraError("captum", "cam"), Refused(404, "a", got="b"),
        TooManyError(7, "a", got="b", do="c"),
    ]  # fmt: skip
    for error in made:
        for again in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
            assert (
                type(again) is type(error) and str(again) == str(error) == again.message and vars(again) == vars(error)
            )
        other = error.about("a folder")
        assert vars(other) == {**vars(error), "got": "a folder"} and "; got a folder" in str(other)
        assert "a folder" not in str(error)
        assert isinstance(error, Refused) or "/a/" not in str(shared(error.about("/a/folder")))


def _kinds(kind: type) -> set[type]:
    """Return an error class of the package and those below it."""
    return {
        one
        for one in {kind}.union(*map(_kinds, kind.__subclasses__()))
        if one.__module__.startswith("llamaindex_clipverify.")
    }


def test_a_rate_limit_without_a_time_is_waited_for_with_pauses():
    refused = reply(b"{}", "429 Too Many Requests", "Retry-After: 0")
    with answering(*[refused] * 20) as (url, requests):
        with pytest.raises(RateLimitError):
            Connection(url, None, 2.0).ask("GET", "/v1")
        assert 2 <= len(requests) <= 4


@pytest.mark.parametrize("after", ["99999", "9" * 400, "-1", "\u0663", "Wed, 21 Oct 2026 07:28:00 GMT", "1e9", ""])
def test_a_rate_limit_that_ends_too_late_is_an_error_at_once(after):
    refused = reply(b"{}", "429 Too Many Requests").replace(b"\r\n\r\n", f"\r\nRetry-After: {after}\r\n\r\n".encode())
    with answering(*[refused] * 2) as (url, requests), pytest.raises(RateLimitError):
        Connection(url, None, 10.0).ask("GET", "/v1")
    assert len(requests) == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no forks here")
def test_a_forked_child_has_a_connection_of_its_own(running):
    connection = Connection(running.url, KEY, 30.0)
    connection.ask("GET", "/v1")
    kept = connection._kept.connection
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # this process has threads
        child = os.fork()
    if child == 0:
        try:
            connection.ask("GET", "/v1")
            os._exit(0 if connection._kept.connection is not kept else 1)
        finally:
            os._exit(2)
    assert os.waitpid(child, 0)[1] == 0
    connection.ask("GET", "/v1")
    assert connection._kept.connection is kept, "the child has not ended it"


def test_a_server_that_always_sends_the_same_page_ends():
    hit = {"id": "a" * 64, "name": "a.png", "score": 1.0, "caption": "", "metadata": {}, "width": 8, "height": 8}
    page = reply(json.dumps({"hits": [hit, hit]}).encode())
    with answering(*[page] * 9) as (url, requests):
        assert [one.id for one in Verifier.remote(url, timeout=5.0).index.hits()] == ["a" * 64]
        assert len(requests) == 2


def test_paths_of_the_answers_own_pictures_stay(remote, scene_file):
    report = remote.verify("There is a cup.", [scene_file])
    assert report.pictures[0].uri == str(scene_file) and Path(report.pictures[0].uri).is_file()

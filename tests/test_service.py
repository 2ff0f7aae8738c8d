"""The service over HTTP: a real server on loopback, its forms, limits, keys, streams and problems."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from services import KEY, Served, png, scenes_indexed, served, without_times

from llamaindex_clipverify import EvidenceIndex, Report
from llamaindex_clipverify.answer import Answer
from llamaindex_clipverify.errors import AuthenticationError, DataError
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.remote.wire import Field, claim_map_of, events_in, multipart
from llamaindex_clipverify.serving import server
from llamaindex_clipverify.serving.keys import Keys, Rates, TooManyError
from llamaindex_clipverify.serving.limits import Limits
from llamaindex_clipverify.serving.service import Service
from llamaindex_clipverify.testing import FRESH, draw_scene

ANSWER = "There is a yellow cup. The clock is red."
LIMITS = Limits(body=400_000, answer=2_000, pictures=3, passages=2, seconds=60.0, rate=0)


@pytest.fixture(scope="module")
def scene_bytes(scene) -> bytes:
    return png(scene.image)


@pytest.fixture(scope="module")
def index(tmp_path_factory) -> EvidenceIndex:
    return scenes_indexed(tmp_path_factory)


@pytest.fixture(scope="module")
def running(index):
    with served(Service(index.verifier, index, LIMITS)) as one:
        yield one


def form(picture: bytes, **values) -> dict:
    return {"answer": ANSWER, "pictures": [{"data": base64.b64encode(picture).decode(), "name": "scene.png"}], **values}


def multi(picture: bytes, *fields: Field) -> tuple[bytes, str]:
    return multipart(
        [Field(name="answer", value=ANSWER), *fields, Field(name="picture", value=picture, filename="scene.png")]
    )


def is_problem(reply, status: int, error: str) -> dict:
    problem = reply.json
    assert reply.status == status == problem["status"], problem
    assert reply.headers["content-type"] == "application/problem+json"
    assert problem["error"] == error and problem["detail"].startswith(problem["title"]) and problem["do"]
    assert problem["instance"].endswith(reply.headers["x-request-id"])
    assert "Traceback" not in problem["detail"] and "/tmp/" not in problem["detail"]
    return problem


# -- verifying -------------------------------------------------------------------------------------------------------------


def test_json_and_multipart_give_the_report_of_the_verifier(running, index, scene_bytes):
    local = without_times(index.verifier.verify(ANSWER, [scene_bytes], question="What is there?").to_dict())
    by_json = running.ask("POST", "/v1/verify", form(scene_bytes, question="What is there?"))
    body, kind = multi(scene_bytes, Field(name="question", value="What is there?"))
    by_form = running.ask("POST", "/v1/verify", body, Content_Type=kind)
    assert by_json.status == by_form.status == 200
    named = {**local, "pictures": [{**local["pictures"][0], "uri": "scene.png"}]}
    assert without_times(by_json.json) == without_times(by_form.json) == named


def test_a_picture_of_the_index_is_named_by_id_and_no_folder_is_told(running, index):
    hit = next(iter(index.hits()))
    reply = running.ask("POST", "/v1/verify", {"answer": ANSWER, "pictures": [{"id": hit.id}]})
    assert reply.status == 200
    assert without_times(reply.json) == without_times(index.verifier.verify(ANSWER, [hit.picture]).to_dict())
    assert str(Path(hit.uri).parent) not in reply.body.decode()
    body, kind = multipart([Field(name="answer", value=ANSWER), Field(name="picture", value=hit.id)])
    assert without_times(running.ask("POST", "/v1/verify", body, Content_Type=kind).json) == without_times(reply.json)


def test_numbers_are_exact_when_asked(running, scene_bytes):
    exact = running.ask("POST", "/v1/verify", form(scene_bytes, exact=True)).json
    rounded = running.ask("POST", "/v1/verify", form(scene_bytes)).json
    assert exact["trust"] != rounded["trust"] == round(exact["trust"], 4)
    assert Report.from_dict(exact).to_dict(exact=True) == exact


def test_concurrent_answers_are_put_into_batches_and_equal_those_one_at_a_time(running, index):
    ids = [hit.id for hit in index.hits()]
    nouns = ("cup", "clock", "zebra", "dog", "bear", "car", "pizza", "horse")
    answers = [f"There is a {noun}. The {noun} is red. There are two {noun}s." for noun in nouns] * 3
    forms = [{"answer": answer, "pictures": [{"id": ids[place % 3]}]} for place, answer in enumerate(answers)]
    one_by_one = [
        without_times(index.verifier.verify(each["answer"], [index.picture(each["pictures"][0]["id"])]).to_dict())
        for each in forms
    ]
    with ThreadPoolExecutor(12) as pool:
        replies = list(pool.map(lambda each: running.ask("POST", "/v1/verify", each), forms))
    assert [without_times(reply.json) for reply in replies] == one_by_one
    metrics = running.ask("GET", "/metrics").body.decode()
    count, total = (
        float(line.split()[1])
        for name in ("count", "sum")
        for line in metrics.splitlines()
        if line.startswith(f"clipverify_batch_size_{name}")
    )
    assert total > count  # some batches had more than one answer


def test_one_bad_answer_of_a_batch_leaves_the_others_alone(running, index, scene_bytes):
    good, bad = form(scene_bytes), form(b"no picture")
    with ThreadPoolExecutor(8) as pool:
        replies = list(pool.map(lambda each: running.ask("POST", "/v1/verify", each), [good, bad] * 6))
    assert [reply.status for reply in replies] == [200, 422] * 6
    is_problem(replies[1], 422, "PictureError")


def test_a_partial_answer_is_verified_on_what_can_be_read(running, scene_bytes):
    given = form(scene_bytes, partial=True)
    given["pictures"].append({"data": base64.b64encode(b"nothing").decode(), "name": "broken.png"})
    reply = running.ask("POST", "/v1/verify", given).json
    assert len(reply["gaps"]) == 1 and "broken.png" in reply["gaps"][0] and len(reply["pictures"]) == 1


# -- streams ---------------------------------------------------------------------------------------------------------------


def opened(running: Served, kind: str = "application/x-ndjson") -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)
    connection.putrequest("POST", "/v1/verify/stream")
    connection.putheader("Content-Type", kind)
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    return connection


def send(connection: http.client.HTTPConnection, line: object) -> None:
    data = json.dumps(line).encode() + b"\n"
    connection.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")


def test_a_sentence_is_judged_while_the_answer_is_written(running, index):
    hit = next(iter(index.hits()))
    connection = opened(running)
    send(connection, {"pictures": [{"id": hit.id}], "question": "What is there?"})
    events = events_in(iter(connection.getresponse().readline, b""), 1 << 20)
    waited = []
    for piece in ("There is a yellow cup.", " The clock is red.", " It is late"):
        began = time.perf_counter()
        send(connection, {"text": piece})
        if piece != "There is a yellow cup.":  # its end is known with the space after it
            event = next(events)
            waited.append(time.perf_counter() - began)
            assert event.name == "sentence" and set(event.data) == {"text", "report"}
    send(connection, {"text": ".", "last": True})
    last = next(events)
    connection.close()
    assert last.name == "report" and last.data["report"]["question"] == "What is there?"
    whole = index.verifier.verify(
        "There is a yellow cup. The clock is red. It is late.", [hit.picture], "What is there?"
    )
    assert without_times(last.data["report"]) == without_times(whole.to_dict())
    assert len(waited) == 2


def test_a_whole_answer_is_streamed_sentence_by_sentence(running, scene_bytes):
    reply = running.ask("POST", "/v1/verify/stream", form(scene_bytes))
    events = list(events_in(reply.body.splitlines(keepends=True), 1 << 20))
    assert [event.name for event in events] == ["sentence", "report"]
    assert events[0].data["text"] == "There is a yellow cup."
    assert reply.headers["content-type"].startswith("text/event-stream")


@pytest.mark.parametrize("line", ["not json", '{"text": 4}', '{"txt": "a"}'])
def test_a_bad_line_ends_a_stream_with_a_problem(running, index, line):
    connection = opened(running)
    send(connection, {"pictures": [{"id": next(iter(index.hits())).id}]})
    data = line.encode() + b"\n"
    connection.send(f"{len(data):x}\r\n".encode() + data + b"\r\n")
    events = list(events_in(iter(connection.getresponse().readline, b""), 1 << 20))
    connection.close()
    assert [event.name for event in events] == ["problem"] and events[0].data["error"] == "DataError"


def test_a_bad_head_of_a_stream_is_a_problem(running):
    connection = opened(running)
    send(connection, {"pictures": [{"id": "0" * 64}]})
    answer = connection.getresponse()
    assert answer.status == 404 and json.loads(answer.read())["error"] == "RequestError"
    connection.close()


def test_a_caller_who_leaves_a_stream_harms_nobody(running, index, scene_bytes):
    connection = opened(running)
    send(connection, {"pictures": [{"id": next(iter(index.hits())).id}]})
    connection.getresponse()
    connection.sock.close() if connection.sock else None
    connection.close()
    assert running.ask("POST", "/v1/verify", form(scene_bytes)).status == 200


# -- heat maps, searches, the index ----------------------------------------------------------------------------------------


def test_an_answer_is_explained_as_maps_page_or_picture(running, index, scene_bytes):
    maps = running.ask("POST", "/v1/explain", form(scene_bytes)).json
    local = index.verifier.explain(index.verifier.verify(ANSWER, [scene_bytes]))
    assert [(one["claim"], one["method"]) for one in maps["maps"]] == [
        (one.claim, one.map.method) for one in local.maps
    ]
    drawn = claim_map_of(maps["maps"][0])
    assert drawn.map.values.shape == local.maps[0].map.values.shape
    assert abs(drawn.map.values - local.maps[0].map.values).max() < 1e-3
    page = running.ask("POST", "/v1/explain", form(scene_bytes), Accept="text/html")
    assert page.body.startswith(b"<!") and b"yellow cup" in page.body and "text/html" in page.headers["content-type"]
    picture = running.ask("POST", "/v1/explain", form(scene_bytes, claims=[1]), Accept="image/png")
    assert picture.body.startswith(b"\x89PNG") and Picture.of(picture.body).size == (448, 448)


def test_a_report_that_is_sent_back_is_explained_without_verifying_again(running, scene_bytes):
    given = form(scene_bytes)
    report = running.ask("POST", "/v1/verify", {**given, "exact": True}).json
    sent = {"report": report, "pictures": given["pictures"], "claims": [0]}
    maps = running.ask("POST", "/v1/explain", sent).json
    assert [one["claim"] for one in maps["maps"]] == [0] and "report" not in maps
    is_problem(running.ask("POST", "/v1/explain", {**sent, "pictures": []}), 422, "DataError")
    is_problem(running.ask("POST", "/v1/explain", {**sent, "claims": [9]}), 422, "DataError")
    is_problem(running.ask("POST", "/v1/explain", {**sent, "report": {**report, "schema": 9}}), 422, "DataError")


def test_a_text_is_mapped_on_a_picture(running, scene_bytes):
    body, kind = multipart(
        [Field(name="text", value="a cup"), Field(name="text", value="a zebra"),
         Field(name="picture", value=scene_bytes, filename="s.png")]
    )  # fmt: skip
    assert [one["text"] for one in running.ask("POST", "/v1/maps", body, Content_Type=kind).json["maps"]] == [
        "a cup",
        "a zebra",
    ]
    assert running.ask("POST", "/v1/maps", body, Content_Type=kind, Accept="image/png").body.startswith(b"\x89PNG")
    is_problem(running.ask("POST", "/v1/maps", body, Content_Type=kind, Accept="audio/ogg"), 406, "RequestError")


def test_pictures_are_found_fetched_and_added(running, index, tmp_path):
    found = running.ask("POST", "/v1/search", {"text": "a zebra", "top_k": 2}).json["hits"]
    local = index.search("a zebra", top_k=2)
    assert [one["id"] for one in found] == [hit.id for hit in local]
    assert [one["name"] for one in found] == [Path(hit.uri).name for hit in local]
    fetched = running.ask("GET", f"/v1/pictures/{found[0]['id']}")
    assert fetched.body == Path(local[0].uri).read_bytes() and fetched.headers["content-type"] == "image/png"
    new = png(draw_scene(FRESH + 77).image)
    body, kind = multipart(
        [Field(name="picture", value=new, filename="../../etc/new.png"), Field(name="caption", value="a new one"),
         Field(name="metadata", value='{"trip": 7}')]
    )  # fmt: skip
    before = len(index)
    added = running.ask("POST", "/v1/pictures", body, Content_Type=kind)
    assert added.status == 201 and added.json["new"] == 1 and len(index) == before + 1
    again = running.ask("POST", "/v1/pictures", body, Content_Type=kind)
    assert again.json == {"ids": added.json["ids"], "new": 0}
    hit = running.ask("POST", "/v1/search", {"text": "anything", "top_k": 9, "where": {"trip": 7}}).json["hits"]
    assert [(one["id"], one["caption"]) for one in hit] == [(added.json["ids"][0], "a new one")]
    index.remove(added.json["ids"])


@pytest.mark.parametrize(
    ("path", "status"), [("0" * 64, 404), ("..%2f..%2fetc%2fpasswd", 404), ("Z" * 64, 422), ("0" * 63, 422)]
)
def test_no_other_file_is_fetched(running, path, status):
    assert running.ask("GET", f"/v1/pictures/{path}").status == status


# -- what is refused -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[" * 5000, "application/json", 400),
        (b"[]", "application/json", 422),
        (b'{"answer": 4}', "application/json", 422),
        (b'{"answer": "A cat.", "more": 1}', "application/json", 422),
        (b"A cat.", "text/plain", 415),
        (b"A cat.", "", 415),
        (b"<a/>", "application/xml", 415),
        (b"--x\r\nbroken", "multipart/form-data; boundary=x", 422),
        (b"x", "multipart/form-data", 400),
        (b'{"answer": "A cat.", "pictures": [{"id": "../../etc/passwd"}]}', "application/json", 422),
        (b'{"answer": "A cat.", "pictures": [{"path": "/etc/passwd"}]}', "application/json", 422),
        (b'{"answer": "A cat.", "pictures": [{"data": "http://127.0.0.1/"}]}', "application/json", 422),
        (b'{"answer": "A cat.", "pictures": [{}]}', "application/json", 422),
        (b'{"answer": "A cat."}', "application/json", 422),
        (b'{"answer": "  ", "passages": ["A cat."]}', "application/json", 422),
        (b'{"answer": "A cat. \\ud800", "passages": ["A cat."]}', "application/json", 422),
    ],
)
def test_what_is_no_form_is_a_problem(running, body, kind, status):
    reply = running.ask("POST", "/v1/verify", body, Content_Type=kind)
    problem = is_problem(reply, status, reply.json["error"])
    assert problem["error"] in ("RequestError", "DataError", "PictureError")


@pytest.mark.parametrize(
    "given",
    [
        {"answer": "A cat. " * 400},
        {"passages": ["a", "b", "c"]},
        {"passages": ["a" * 2_001]},
        {"question": "a" * 2_001},
        {"pictures": [{"id": "0" * 64}] * 4},
    ],
)
def test_what_is_too_much_is_a_problem(running, scene_bytes, given):
    is_problem(running.ask("POST", "/v1/verify", form(scene_bytes, **given)), 422, "DataError")


def test_addresses_and_methods_that_are_not_there(running):
    is_problem(running.ask("GET", "/nowhere"), 404, "RequestError")
    is_problem(running.ask("GET", "/v1/verify"), 405, "RequestError")
    assert running.ask("GET", "/docs").status == 404  # its page would load scripts of others


def test_a_huge_body_is_refused_before_it_is_read(running):
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    connection.putrequest("POST", "/v1/verify")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", str(10**12))
    connection.endheaders()
    assert connection.getresponse().status == 413
    connection.close()


def test_a_huge_body_without_a_length_is_refused_while_it_comes(running):
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
    connection.putrequest("POST", "/v1/verify")
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    sent = 0
    try:
        for _ in range(200):
            connection.send(b"10000\r\n" + b" " * 0x10000 + b"\r\n")
            sent += 0x10000
    except OSError:
        pass
    answer = connection.getresponse()
    assert answer.status == 413 and sent < 200 * 0x10000
    connection.close()


def test_a_picture_that_stands_for_far_more_than_its_size_is_refused(running):
    from PIL import Image

    bomb = png(Image.new("1", (20_000, 20_000)))
    assert len(bomb) < LIMITS.body
    is_problem(running.ask("POST", "/v1/verify", form(bomb)), 422, "PictureError")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 421),
        ({"Origin": "https://evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "null"}, 403),
    ],
)
def test_other_names_and_pages_get_nothing(running, scene_bytes, headers, status):
    is_problem(running.ask("POST", "/v1/verify", form(scene_bytes), **headers), status, "RequestError")


def test_answers_carry_safe_headers_and_the_id_of_the_request(running):
    reply = running.ask("GET", "/v1", X_Request_Id="trace-7")
    assert reply.headers["x-request-id"] == "trace-7"
    assert reply.headers["x-content-type-options"] == "nosniff" and reply.headers["x-frame-options"] == "DENY"
    other = running.ask("GET", "/v1", X_Request_Id="a b\tc")
    assert other.headers["x-request-id"] != "a b\tc"


def test_the_log_is_json_without_answers_and_the_openapi_document_describes_every_field(running, scene_bytes):
    running.ask("POST", "/v1/verify", form(scene_bytes), X_Request_Id="logged")
    time.sleep(0.1)
    [line] = [line for line in running.lines if line.get("id") == "logged"]
    assert line["route"] == "/v1/verify" and line["status"] == 200 and line["verdict"] == "contradicted"
    assert line["claims"] == 2 and "yellow" not in running.log.getvalue()
    document = running.ask("GET", "/openapi.json").json
    assert {"/v1/verify", "/v1/verify/stream", "/v1/explain", "/v1/maps", "/v1/fits", "/v1/search", "/v1/pictures",
            "/v1/pictures/{content}", "/v1", "/health", "/ready", "/metrics"} == set(document["paths"])  # fmt: skip
    schemas = document["components"]["schemas"]
    bare = [
        f"{name}.{key}"
        for name in (
            "VerifyForm",
            "ExplainForm",
            "SearchForm",
            "AddForm",
            "ReportOut",
            "ClaimOut",
            "ProblemOut",
            "StreamHead",
        )
        for key, value in schemas[name]["properties"].items()
        if not value.get("description")
    ]
    assert not bare
    text = json.dumps(document)
    assert all(ref.split('"')[0] in schemas for ref in text.split("#/components/schemas/")[1:])


# -- keys, rates, slow callers ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def guarded(tiny):
    keys = Keys.of([f"team:{KEY}", "# a comment", "", "other-key-of-tests-987654321"])
    limits = replace(LIMITS, rate=30, seconds=2.0, idle_seconds=1.0)
    with served(Service(tiny, limits=limits), keys=keys, names=("verify.example",), answers=True) as one:
        yield one


def test_a_key_is_needed_for_all_but_health(guarded, scene_bytes):
    assert guarded.ask("GET", "/health").status == guarded.ask("GET", "/ready").status == 200
    for headers in (
        {},
        {"Authorization": "Bearer wrong-key-0123456789"},
        {"Authorization": f"Basic {KEY}"},
        {"X-API-Key": KEY[:-1]},
    ):
        reply = guarded.ask("POST", "/v1/verify", form(scene_bytes), **headers)
        is_problem(reply, 401, "AuthenticationError")
        assert reply.headers["www-authenticate"] == "Bearer"
    assert guarded.ask("GET", "/metrics").status == guarded.ask("GET", "/v1").status == 401
    assert guarded.ask("POST", "/v1/verify", form(scene_bytes), Authorization=f"Bearer {KEY}").status == 200
    assert guarded.ask("GET", "/v1", X_API_Key=KEY, Host="verify.example").status == 200
    time.sleep(0.1)
    assert {line["key"] for line in guarded.lines if line.get("status") == 200} == {"team"}
    assert KEY not in guarded.log.getvalue() and "yellow cup" in guarded.log.getvalue()


def test_a_key_has_a_rate(guarded):
    other = {"Authorization": "Bearer other-key-of-tests-987654321"}
    replies = [guarded.ask("GET", "/v1", **other) for _ in range(34)]
    refused = [reply for reply in replies if reply.status == 429]
    assert refused and replies[0].status == 200
    is_problem(refused[0], 429, "RateLimitError")
    assert 1 <= int(refused[0].headers["retry-after"]) <= 60


def test_without_an_index_its_addresses_say_so(guarded):
    key = {"X-API-Key": KEY}
    is_problem(guarded.ask("POST", "/v1/search", {"text": "a cat"}, **key), 404, "RequestError")
    is_problem(guarded.ask("GET", f"/v1/pictures/{'0' * 64}", **key), 404, "RequestError")
    given = {"pictures": [{"data": "aGk=", "name": "a.png"}]}
    is_problem(guarded.ask("POST", "/v1/pictures", given, **key), 404, "RequestError")


def test_a_slow_body_is_given_up(guarded):
    connection = http.client.HTTPConnection("127.0.0.1", guarded.port, timeout=20)
    connection.putrequest("POST", "/v1/verify")
    connection.putheader("X-API-Key", KEY)
    connection.putheader("Content-Type", "application/json")
    connection.putheader("Content-Length", "1000")
    connection.endheaders()
    connection.send(b"{")
    began = time.monotonic()
    answer = connection.getresponse()
    assert answer.status in (408, 504) and time.monotonic() - began < 10
    connection.close()


def test_an_idle_stream_is_given_up(guarded):
    connection = opened_with_key(guarded)
    send(connection, {"passages": ["A cat."]})
    answer = connection.getresponse()
    events = list(events_in(iter(answer.readline, b""), 1 << 20))
    assert [event.name for event in events] == ["problem"]
    connection.close()


def opened_with_key(running: Served) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)
    connection.putrequest("POST", "/v1/verify/stream")
    connection.putheader("X-API-Key", KEY)
    connection.putheader("Content-Type", "application/x-ndjson")
    connection.putheader("Transfer-Encoding", "chunked")
    connection.endheaders()
    return connection


def test_a_head_that_does_not_end_is_hung_up(running, monkeypatch):
    monkeypatch.setattr(server, "_HEAD", 1.0)
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as caller:
        caller.sendall(b"GET /v1 HTTP/1.1\r\nHost: localhost\r\n")
        began = time.monotonic()
        assert caller.recv(100) == b""
        assert 0.5 < time.monotonic() - began < 15


def test_more_than_may_be_under_way_are_told_to_come_again(tiny, scene_bytes):
    limits = replace(LIMITS, concurrent=2, seconds=20.0)
    with served(Service(tiny, limits=limits)) as one:
        slow = [socket.create_connection(("127.0.0.1", one.port)) for _ in range(2)]
        for caller in slow:
            caller.sendall(
                b"POST /v1/verify HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n"
            )
        time.sleep(0.5)
        reply = one.ask("GET", "/v1")
        is_problem(reply, 503, "ServerError")
        assert reply.headers["retry-after"] == "1" and one.ask("GET", "/health").status == 200
        for caller in slow:
            caller.close()
        time.sleep(0.3)
        assert one.ask("POST", "/v1/verify", form(scene_bytes)).status == 200


@pytest.mark.parametrize(
    "lines",
    [
        ["short"],
        ["name:with space 0123456789"],
        ["a b:0123456789abcdefg"],
        ["x:0123456789abcdefg", "x:1123456789abcdefg"],
    ],
)
def test_keys_that_are_none_are_refused(lines):
    with pytest.raises(DataError):
        Keys.of(lines)


def test_keys_come_from_a_file_and_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("CLIPVERIFY_API_KEYS", "one:0123456789abcdef0,two:0123456789abcdef1")
    file = tmp_path / "keys"
    file.write_text(f"# of the team\nthree:{KEY}\n")
    keys = Keys.given(file)
    assert list(keys.by_name) == ["one", "two", "three"] and KEY not in repr(keys)
    assert keys.name_of({"authorization": f"bearer {KEY}"}) == "three"
    with pytest.raises(AuthenticationError):
        keys.name_of({"x-api-key": ""})
    file.write_text("# none\n")
    with pytest.raises(DataError, match="has none"):
        Keys.given(file)


def test_a_rate_fills_evenly(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    rates = Rates(60)
    for _ in range(60):
        rates.take("a")
    with pytest.raises(TooManyError) as full:
        rates.take("a")
    assert full.value.seconds == 1
    rates.take("b")
    now[0] = 2.5
    rates.take("a")
    rates.take("a")
    with pytest.raises(TooManyError):
        rates.take("a")


def test_answers_of_the_verifier_are_those_of_the_service(tiny, scene_bytes):
    service = Service(tiny, limits=LIMITS)
    answer = Answer.of(ANSWER, [scene_bytes])
    assert without_times(service.verify(answer).to_dict()) == without_times(tiny.verify(answer).to_dict())


@pytest.mark.parametrize("values", [{"body": 0}, {"seconds": -1.0}, {"rate": -1}])
def test_limits_are_above_zero(values):
    with pytest.raises(DataError):
        Limits(**values)

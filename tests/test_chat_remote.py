"""The chat and the evaluation with a server that has the models: what they show is what they show with the models here."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from services import Served, png, scenes_indexed, served
from warm import warm

from llamaindex_clipverify import EvidenceIndex, Verifier
from llamaindex_clipverify.errors import DataError, OnlyLocalError, RateLimitError
from llamaindex_clipverify.evaluation import evaluate, read_rows
from llamaindex_clipverify.languages import ENGLISH
from llamaindex_clipverify.remote.problems import error_of
from llamaindex_clipverify.remote.verifier import RemoteVerifier
from llamaindex_clipverify.serving.limits import Limits
from llamaindex_clipverify.serving.service import Service
from llamaindex_clipverify.testing import FRESH, Scene, draw_scene
from llamaindex_clipverify.ui.answering import Answering
from llamaindex_clipverify.ui.app import Page
from llamaindex_clipverify.ui.browsing import Browsing
from llamaindex_clipverify.ui.session import Session

ANSWER = "There is a zebra. There is a pizza. It is lovely."


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> EvidenceIndex:
    return scenes_indexed(tmp_path_factory)


@pytest.fixture(scope="module")
def serving(index: EvidenceIndex) -> Iterator[Served]:
    with served(Service(index.verifier, index, Limits(rate=0))) as running:
        yield running


@pytest.fixture(scope="module")
def remote(serving: Served) -> RemoteVerifier:
    return Verifier.remote(serving.url)


# -- evaluation -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rows")
    lines = []
    for place in range(6):
        scene = draw_scene(FRESH + place)
        scene.image.save(folder / f"{place}.png")
        claims = [
            (f"There is a {scene.objects[0].noun}.", 1, "object"),
            ("There is a pizza.", 0, "object"),
            ("It is lovely.", 1, "other"),
        ]
        lines += [
            {"images": [f"{place}.png"], "claim": text, "label": label, "kind": kind, "group": str(place)}
            for text, label, kind in claims
        ]
    lines.append({"images": ["none.png"], "claim": "There is a cup.", "label": 1, "kind": "object"})
    (folder / "rows.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    return folder / "rows.jsonl"


def test_an_evaluation_by_a_server_has_the_same_figures(
    serving: Served, clipverify: Any, rows: Path, tmp_path: Path
) -> None:
    out = [tmp_path / "there.jsonl", tmp_path / "here.jsonl"]
    there = clipverify("eval", rows, "--server", serving.url, "--predictions", out[0], "--json", "-")
    here = clipverify("eval", rows, "--models", "tiny", "--predictions", out[1], "--json", "-")
    assert there.code == here.code == 0 and "none.png" in there.err
    figures = json.loads(there.out)
    assert figures == json.loads(here.out)
    assert figures["overall"]["n"] == 18 and figures["overall"]["baselines"].keys() == {"clipscore", "detector"}
    written = [[{**json.loads(line), "seconds": 0} for line in path.read_text().splitlines()] for path in out]
    assert written[0] == written[1]


def test_priors_are_those_of_the_profile_of_the_server(remote: RemoteVerifier, tiny: Verifier) -> None:
    kinds = tiny.profile.priors  # type: ignore[union-attr]
    assert kinds == {kind: remote.prior(kind) for kind in kinds} and set(kinds.values()) != {0.5}
    assert remote.prior("no such kind") == tiny.prior("no such kind") == 0.5


def test_the_rate_limit_of_a_server_is_waited_for(index: EvidenceIndex) -> None:
    def ask(running: Served, seconds: float) -> int:
        return len([Verifier.remote(running.url, timeout=seconds).told() for _ in range(62)])

    with served(Service(index.verifier, index, Limits(rate=60))) as running:
        assert ask(running, 20) == 62
        with pytest.raises(RateLimitError, match="too many requests"):
            ask(running, 0.9)


class Breaking(RemoteVerifier):
    """A client whose server is gone when it is asked to compare."""

    def fits(self, question: str, pictures: Any) -> Any:
        gone = Verifier.remote("http://127.0.0.1:9", timeout=1.0)
        return gone.fits(question, pictures) if "pizza" in question else super().fits(question, pictures)


def test_a_server_that_goes_away_costs_the_rows_that_needed_it(serving: Served, rows: Path) -> None:
    found = evaluate(Breaking(serving.url), read_rows(rows)[:6], bootstrap=0)
    assert (
        len(found.rows) == 4 and all("the server cannot be reached" in error for error in found.errors) and found.errors
    )


# -- the chat ---------------------------------------------------------------------------------------------------------


def last_reply(verifier: Verifier, index: EvidenceIndex | None, session: Session) -> Any:
    (reply,) = list(Answering(verifier=verifier, index=index, top_k=2).check(session, ANSWER, "What is there?"))[
        -1
    ].replies
    assert reply.done and not reply.error, reply.error
    return reply


def test_a_pasted_answer_is_verified_by_the_server(remote: RemoteVerifier, tiny: Verifier, scene: Scene) -> None:
    shown = []
    for verifier in (remote, tiny):
        session = Session()
        session.add("scene.png", png(scene.image))
        report = last_reply(verifier, None, session).report
        shown.append([(one.claim.text, one.verdict, one.trust and round(one.trust, 6)) for one in report.claims])
    assert shown[0] == shown[1] and [verdict for _, verdict, _ in shown[0]] == [
        "supported",
        "contradicted",
        "unverifiable",
    ]


def test_pictures_of_its_index_are_retrieved_listed_and_shown(remote: RemoteVerifier, index: EvidenceIndex) -> None:
    session = Session()
    last_reply(remote, remote.index, session)
    assert [one.id for one in session.turns[0].pictures] == [hit.id for hit in index.search("What is there?", top_k=2)]
    pages = [Browsing(one).page(Session(), "", 0, ENGLISH) for one in (remote.index, index)]
    assert pages[0] == pages[1] and len(pages[0].pictures) == 3 and pages[0].summary == "1–3 of 3"
    assert Browsing(remote.index).page(Session(), "a cup", 0, ENGLISH).pictures[0].id == index.search("a cup")[0].id
    there, here = Browsing(remote.index), Browsing(index)
    for one in pages[0].pictures:
        assert there.thumbnail(one.id) == here.thumbnail(one.id)
    with pytest.raises(OnlyLocalError, match="with a filter"):
        next(remote.index.hits({"a": 1}))


def test_a_part_of_the_index_can_be_asked_for(serving: Served, index: EvidenceIndex) -> None:
    names = [
        hit["name"]
        for start in range(4)
        for hit in serving.ask("GET", f"/v1/pictures?start={start}&count=1").json["hits"]
    ]
    assert names == [Path(hit.uri).name for hit in index.hits()]
    for query in ("start=-1", "count=0", "count=101", "start=x", "count=1e9", f"start={'9' * 5000}", "start=%00"):
        refused = serving.ask("GET", f"/v1/pictures?{query}")
        told = error_of(refused.status, refused.body)
        assert refused.status == 422 and type(told) is DataError, refused
        assert f"not a value of {query.split('=')[0]}; got " in str(told) and "see /openapi.json: " in told.do
    assert serving.ask("GET", "/v1/pictures?start=1000000000").json == {"hits": []}
    assert [hit.id for hit in index.hits(start=1)] == [hit.id for hit in index.hits()][1:]
    with served(Service(index.verifier)) as bare:
        assert bare.ask("GET", "/v1/pictures").status == 404


def test_heat_maps_come_from_the_server(remote: RemoteVerifier, tiny: Verifier) -> None:
    methods = [Page(Answering(verifier=one), "").actions.looks.methods for one in (remote, tiny)]
    assert methods[0] == methods[1] and methods[0][0] == "attention"


def test_the_verb_asks_the_server(serving: Served) -> None:
    started = warm().start(
        "from llamaindex_clipverify.cli import run; run()",
        ("chat", "--server", serving.url, "--port", "0"),
        env=dict(os.environ),
    )
    try:
        line = started.stdout.readline()
        assert line.startswith("chat: http://127.0.0.1:"), line + started.stderr.read()
        with urllib.request.urlopen(line.split()[1], timeout=60) as answer:
            page = answer.read().decode()
        assert f"Pasted answers, verified by {serving.url}." in page and f"3 pictures in {serving.url}" in page
    finally:
        started.kill()
        started.communicate()


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--server", "http://127.0.0.1:9"), "the server cannot be reached"),
        (("--server", "http://127.0.0.1:9", "--store", "store"), "a server has an index of its own"),
        (("--server", "http://127.0.0.1:9", "--models", "tiny"), "a server has models of its own"),
    ],
)
def test_what_a_server_cannot_do_for_the_chat_is_one_line(clipverify: Any, flags: tuple[str, ...], said: str) -> None:
    ran = clipverify("chat", *flags, "--port", "0")
    assert ran.code == 2 and ran.err.count("\n") == 1 and said in ran.err


def test_what_a_server_cannot_do_for_an_evaluation_is_one_line(clipverify: Any, rows: Path) -> None:
    for flags, said in (
        (("--engine", "ray"), "a server verifies by itself"), (("--alpha", ".1"), "models of its own"),
        (("--reference", "."), "models of its own"),
    ):  # fmt: skip
        ran = clipverify("eval", rows, "--server", "http://127.0.0.1:9", *flags)
        assert ran.code == 2 and ran.err.count("\n") == 1 and said in ran.err

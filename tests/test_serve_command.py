"""``clipverify serve`` in a process of its own, and the commands that ask it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from services import KEY, Served, command, png, without_times

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.errors import PictureError

ANSWER = "There is a yellow cup. The clock is red."
HEAVY = (
    "torch",
    "transformers",
    "llama_index",
    "ultralytics",
    "sklearn",
    "pandas",
    "chromadb",
    "fastapi",
    "httpx",
    "rich",
    "PIL.PngImagePlugin",
)


@pytest.fixture(scope="module")
def started():
    with command("--models", "tiny", CLIPVERIFY_API_KEYS=f"team:{KEY}") as pair:
        yield pair


@pytest.fixture
def serving(started, monkeypatch) -> Served:
    monkeypatch.setenv("CLIPVERIFY_API_KEY", KEY)
    return started[1]


def test_verify_asks_the_server(serving, clipverify, scene_file, tiny):
    ran = clipverify("verify", "--answer", ANSWER, "--image", scene_file, "--server", serving.url, "--json", "-")
    assert ran.code == 1 and ran.err == ""
    assert without_times(json.loads(ran.out)) == without_times(tiny.verify(ANSWER, [scene_file]).to_dict())


def test_the_environment_names_the_server_where_no_model_is_named(
    serving, clipverify, scene_file, tmp_path, monkeypatch
):
    monkeypatch.setenv("CLIPVERIFY_SERVER", serving.url)
    page = tmp_path / "report.html"
    ran = clipverify("verify", "--answer", "There is a yellow cup.", "--image", scene_file, "--report", page)
    assert ran.code == 0 and ran.out.startswith("trust ") and "data:image" in page.read_text("utf-8")
    drawn = tmp_path / "map.png"
    assert clipverify("explain", "--text", "a zebra", "--image", scene_file, "--out", drawn).code == 0
    assert drawn.read_bytes().startswith(b"\x89PNG")
    monkeypatch.setenv("CLIPVERIFY_SERVER", "http://127.0.0.1:9")
    ran = clipverify("verify", "--answer", "There is a yellow cup.", "--image", scene_file, "--models", "tiny")
    assert ran.code == 0  # models that are named are used


@pytest.mark.parametrize(
    "more",
    [("--models", "tiny"), ("--detector", "tiny"), ("--alpha", ".1"), ("--reader", "rapidocr"), ("--reference", ".")],
)
def test_a_server_has_models_of_its_own(clipverify, scene_file, more):
    ran = clipverify("verify", "--answer", "A cat.", "--image", scene_file, "--server", "http://127.0.0.1:9", *more)
    assert ran.code == 2 and ran.err.count("\n") == 1 and "models of its own" in ran.err


@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "ftp://a", "http://no-such-host.invalid"])
def test_no_server_is_one_line(clipverify, scene_file, url):
    ran = clipverify("verify", "--answer", "A cat.", "--image", scene_file, "--server", url)
    assert ran.code == 2 and ran.err.count("\n") == 1 and ran.err.startswith("clipverify: ")


def test_a_wrong_key_is_one_line(started, clipverify, scene_file, monkeypatch):
    monkeypatch.setenv("CLIPVERIFY_API_KEY", "wrong-key-0123456789")
    ran = clipverify("verify", "--answer", "A cat.", "--image", scene_file, "--server", started[1].url)
    assert ran.code == 2 and ran.err.count("\n") == 1 and "wrong-key" not in ran.err


def test_asking_a_server_imports_no_heavy_library(serving, scene_file):
    arguments = ["verify", "--answer", ANSWER, "--image", str(scene_file), "--server", serving.url]
    code = (
        "import sys, atexit\nfrom llamaindex_clipverify.cli import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit:\n    pass\n"
        f"print('heavy:', *({set(HEAVY)!r} & set(sys.modules)))"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "trust " in ran.stdout and ran.stdout.splitlines()[-1] == "heavy:", ran.stdout + ran.stderr


def test_the_pytest_plugin_asks_the_server(serving, scene_file, tmp_path):
    (tmp_path / "test_bot.py").write_text(
        f"def test_bot(clipverify):\n    clipverify.assert_trusted('There is a yellow cup.', images=[{str(scene_file)!r}])\n"
    )
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-c", "/dev/null", "--rootdir", str(tmp_path), "--clipverify-server", serving.url, str(tmp_path)],
        capture_output=True, text=True, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert ran.returncode == 0 and "1 passed" in ran.stdout, ran.stdout + ran.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ("--models", "tiny", "--host", "0.0.0.0"),
        ("--models", "tiny", "--keys", "no-such-file"),
        ("--host", "127.0.0.1"),
        ("--models", "tiny", "--port", "99999"),
        ("--store", "no-such-store"),
        ("--models", "tiny", "--host", "203.0.113.1", "--no-key"),
    ],
)
def test_what_cannot_be_served_is_one_line(arguments, monkeypatch, clipverify):
    monkeypatch.delenv("CLIPVERIFY_API_KEYS", raising=False)
    ran = clipverify("serve", *arguments)
    lines = [line for line in ran.err.splitlines() if "whoever reaches" not in line]
    assert ran.code == 2 and len(lines) == 1, ran.err


def test_a_port_that_is_taken_is_one_line(clipverify):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ran = clipverify("serve", "--models", "tiny", "--port", taken.getsockname()[1])
    assert ran.code == 2 and "cannot be bound" in ran.err and ran.err.count("\n") == 1


def test_models_that_cannot_be_loaded_stop_the_service(tmp_path):
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "config.json").write_text("{}")
    ran = subprocess.run(
        [sys.executable, "-m", "llamaindex_clipverify", "serve", "--port", "0", "--encoder", str(broken)],
        capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    assert ran.returncode == 2 and ran.stderr.splitlines()[-1].startswith("clipverify: "), ran.stderr


def test_a_signal_lets_what_runs_end(scene):
    nouns = ("cup", "clock", "zebra", "dog", "bear", "car", "pizza", "horse")
    long = " ".join(
        f"There are {number} {noun}s beside the {other}." for number in (2, 3) for noun in nouns for other in nouns
    )
    with command("--models", "tiny", "--timeout", "200") as (process, running):
        results: list[object] = []

        def ask() -> None:
            results.append(Verifier.remote(running.url, timeout=200.0).verify(long, [png(scene.image)]))

        asking = threading.Thread(target=ask)
        asking.start()
        deadline = time.monotonic() + 60
        while "clipverify_requests_under_way 2.0" not in running.ask("GET", "/metrics").body.decode():
            assert time.monotonic() < deadline and asking.is_alive()
        process.send_signal(signal.SIGTERM)
        asking.join(120)
        assert process.wait(60) == 0
        lines = [json.loads(line) for line in process.stderr.read().splitlines()]
    assert len(results) == 1 and len(results[0].claims) > 60
    assert lines[-1]["event"] == "stopped" and lines[-2]["route"] == "/v1/verify" and lines[-2]["status"] == 200


def test_ctrl_c_ends_it_with_0():
    with command("--models", "tiny") as (process, _):
        os.kill(process.pid, signal.SIGINT)
        assert process.wait(60) == 0


def test_an_index_on_a_chroma_server_is_made_and_takes_pictures(server, scene, tmp_path):
    kept = tmp_path / "kept"
    with command("--store", server, "--models", "tiny", "--pictures", kept) as (_, running):
        remote = Verifier.remote(running.url)
        assert remote.about.pictures == 0 and remote.about.writable
        [content] = remote.add([scene.image], captions=["a drawn scene"])
        [hit] = remote.search("a zebra", top_k=3)
        assert (
            hit.id == content and hit.caption == "a drawn scene" and [file.stem for file in kept.iterdir()] == [content]
        )
        assert remote.verify("There is a yellow cup.", [hit.picture]).verdict == "supported"
        assert hit.picture.data() == next(kept.iterdir()).read_bytes()
        with pytest.raises(PictureError):
            remote.add([b"no picture"])
        assert len(list(kept.iterdir())) == 1
    with command("--store", server) as (_, running):  # its models are known now
        assert Verifier.remote(running.url).about.pictures == 1

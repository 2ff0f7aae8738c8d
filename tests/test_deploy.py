"""The container and compose files: what they name is there, nothing runs as root, and no registry is named."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from llamaindex_clipverify.cli import app

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
FILE = (DEPLOY / "Containerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))


def instructions(name: str) -> list[str]:
    """Return the arguments of each instruction of that name, lines joined."""
    joined = re.sub(r"\\\n\s*", " ", "\n".join(line for line in FILE.splitlines() if not line.startswith("#")))
    return re.findall(rf"^\s*{name} (.+)$", joined, re.MULTILINE)


def accepted(arguments: list[str]) -> None:
    """Check that ``clipverify serve`` has all these options."""
    command = get_command(app).commands["serve"]
    known = {flag for option in command.params for flag in option.opts}
    assert {argument for argument in arguments if argument.startswith("--")} <= known


def test_the_image_runs_without_root_and_says_whether_it_is_ready():
    last = FILE.rpartition("\nFROM ")[2]
    assert instructions("USER") == ["10001"] and "USER 10001" in last
    assert last.index("USER 10001") < last.index("ENTRYPOINT")
    [health] = instructions("HEALTHCHECK")
    assert "/ready" in health and compile(json.loads(health.partition("CMD ")[2])[2], "health", "exec")
    assert instructions("STOPSIGNAL") == ["SIGTERM"]


def test_the_image_starts_the_service_with_options_that_it_has():
    entry, default = json.loads(instructions("ENTRYPOINT")[0]), json.loads(instructions("CMD")[0])
    assert entry[:2] == ["clipverify", "serve"]
    accepted([*entry, *default])
    accepted(COMPOSE["services"]["clipverify"]["command"])


def test_what_is_copied_and_installed_is_there():
    ignored = (ROOT / ".dockerignore").read_text("utf-8").splitlines()
    sources = [one for line in instructions("COPY") if "--from" not in line for one in shlex.split(line)[:-1]]
    for source in sources:
        assert (ROOT / source).exists() and f"!{source}" in ignored
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    [given] = re.findall(r"ARG EXTRAS=(\S+)", FILE)
    assert set(given.split(",")) <= set(extras) and "serve" in given.split(",")


def test_the_database_is_of_the_release_that_is_pinned():
    [pinned] = re.findall(r"^chromadb==(\S+)$", (ROOT / "constraints.txt").read_text("utf-8"), re.MULTILINE)
    assert COMPOSE["services"]["chroma"]["image"] == f"chromadb/chroma:{pinned}"


def test_nobody_else_reaches_the_composed_service():
    service = COMPOSE["services"]["clipverify"]
    assert (
        all(port.startswith("127.0.0.1:") for port in service["ports"]) and "ports" not in COMPOSE["services"]["chroma"]
    )
    assert (
        ":?" in service["environment"]["CLIPVERIFY_API_KEYS"]
        and service["read_only"]
        and service["cap_drop"] == ["ALL"]
    )


@pytest.mark.parametrize("path", ["Containerfile", "compose.yaml"])
def test_no_registry_is_named(path):
    text = (DEPLOY / path).read_text("utf-8")
    assert not re.search(r"https?://(?!127\.0\.0\.1|chroma)|index-url|docker\.io|ghcr|quay", text)

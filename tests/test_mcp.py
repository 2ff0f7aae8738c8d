"""The MCP server, asked by the package's own client over standard input and output."""

from __future__ import annotations

import base64
import os
import sys
from pathlib import Path

import pytest
from mcp import Client, StdioServerParameters
from services import scenes_indexed, without_times

from llamaindex_clipverify import EvidenceIndex, Report
from llamaindex_clipverify.picture import Picture
from llamaindex_clipverify.serving.limits import Limits
from llamaindex_clipverify.serving.mcp_server import McpServer
from llamaindex_clipverify.serving.service import Service
from llamaindex_clipverify.serving.tools import Tools
from llamaindex_clipverify.testing import FRESH, draw_scene

ANSWER = "There is a yellow cup. The clock is red."


@pytest.fixture(scope="module")
def index(tmp_path_factory) -> EvidenceIndex:
    return scenes_indexed(tmp_path_factory)


@pytest.fixture(scope="module")
def parameters(index) -> StdioServerParameters:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    arguments = ["-m", "llamaindex_clipverify", "mcp", "--store", str(index.store)]
    return StdioServerParameters(command=sys.executable, args=arguments, env=environment)


def client_of(index, **limits) -> Client:
    """A client of the same server in this process."""
    return Client(McpServer(Tools(Service(index.verifier, index, Limits(**limits), writable=False))).server)


def image_of(result, place: int = 0) -> Picture:
    images = [part for part in result.content if part.type == "image"]
    return Picture.of(base64.b64decode(images[place].data))


async def test_an_agent_uses_the_three_tools_over_stdio(parameters, index):
    async with Client(parameters, read_timeout_seconds=300) as client:
        listed = (await client.list_tools()).tools
        assert [tool.name for tool in listed] == ["verify_answer", "search_pictures", "explain_claim"]
        assert all(tool.output_schema and tool.description and tool.annotations.read_only_hint for tool in listed)
        assert all(field.get("description") for tool in listed for field in tool.input_schema["properties"].values())

        found = await client.call_tool("search_pictures", {"query": "a zebra and a yellow cup", "top_k": 2})
        hits = found.structured_content["hits"]
        local = index.search("a zebra and a yellow cup", top_k=2)
        assert [hit["id"] for hit in hits] == [hit.id for hit in local] and image_of(found, 1).size == local[1].size

        verified = await client.call_tool("verify_answer", {"answer": ANSWER, "pictures": [hits[0]["id"]]})
        expected = index.verifier.verify(ANSWER, [local[0].picture])
        assert without_times(verified.structured_content) == without_times(expected.to_dict())
        assert Report.from_dict(verified.structured_content).verdict == "contradicted"
        assert verified.content[0].text == str(expected) and image_of(verified).size == (448, 448)

        explained = await client.call_tool("explain_claim", {"claim": "The clock is red.", "picture": hits[0]["id"]})
        assert explained.structured_content["maps"][0]["method"] == "attention"
        assert explained.structured_content["report"]["verdict"] == "contradicted" and image_of(explained).size == (
            448,
            448,
        )

        refused = await client.call_tool("verify_answer", {"answer": "", "pictures": [hits[0]["id"]]})
        assert refused.is_error and refused.content[0].text.endswith("the answer is empty; give the text to verify")


async def test_pictures_are_found_where_none_is_named(index):
    async with client_of(index) as client:
        result = await client.call_tool(
            "verify_answer", {"answer": "It is a zebra.", "question": "Which animal is there?", "top_k": 2}
        )
        found = index.search("Which animal is there?", top_k=2)
        assert [one["id"] for one in result.structured_content["pictures"]] == [hit.id for hit in found]
        explained = await client.call_tool("explain_claim", {"claim": "There is a yellow cup."})
        assert len(explained.structured_content["report"]["pictures"]) == 1


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("verify_answer", {"answer": "A cat.", "pictures": ["/etc/passwd"]}),
        ("verify_answer", {"answer": "A cat.", "pictures": ["../../etc/passwd"]}),
        ("verify_answer", {"answer": "A cat.", "pictures": ["http://127.0.0.1/"]}),
        ("verify_answer", {"answer": "A cat.", "pictures": ["0" * 64]}),
        ("verify_answer", {"answer": "A cat. " * 40, "pictures": []}),
        ("verify_answer", {"answer": "A cat.", "top_k": 0}),
        ("verify_answer", {"answer": 4}),
        ("explain_claim", {"claim": "A cat.", "picture": "~/.ssh/id_rsa"}),
        ("explain_claim", {"claim": "A cat.", "method": "nonsense"}),
        ("explain_claim", {"claim": " "}),
        ("search_pictures", {"query": " "}),
        ("search_pictures", {}),
    ],
)
async def test_what_cannot_be_done_is_one_line_for_the_model(index, tool, arguments):
    async with client_of(index, answer=200) as client:
        result = await client.call_tool(tool, arguments)
    text = result.content[0].text
    assert result.is_error and "Traceback" not in text and "/tmp" not in text and str(index.store) not in text


async def test_no_folder_is_told(index):
    async with client_of(index) as client:
        results = [
            await client.call_tool("search_pictures", {"query": "a cup"}),
            await client.call_tool("verify_answer", {"answer": ANSWER}),
            await client.call_tool("explain_claim", {"claim": "There is a cup."}),
        ]
    folders = {str(Path(hit.uri).parent) for hit in index.hits()}
    texts = [
        f"{result.structured_content}{[part.text for part in result.content if part.type == 'text']}"
        for result in results
    ]
    assert not [folder for folder in folders for text in texts if folder in text]


async def test_a_file_that_is_gone_is_no_crash(tmp_path):
    picture = tmp_path / "gone.png"
    draw_scene(FRESH + 5).image.save(picture)
    index = EvidenceIndex.from_documents([picture], tmp_path / "store", "tiny", "tiny")
    picture.unlink()
    async with client_of(index) as client:
        found = await client.call_tool("search_pictures", {"query": "a cup"})
        assert len(found.structured_content["hits"]) == 1 and len(found.content) == 1
        verified = await client.call_tool("verify_answer", {"answer": "There is a purple zebra."})
        assert not verified.is_error  # its facts are in the index
        explained = await client.call_tool("explain_claim", {"claim": "There is a zebra."})
        assert (
            explained.is_error
            and "no such picture" in explained.content[0].text
            and str(tmp_path) not in explained.content[0].text
        )


def test_mcp_without_an_index_is_one_line(clipverify, tmp_path):
    ran = clipverify("mcp", "--store", tmp_path / "none")
    assert ran.code == 2 and ran.err.count("\n") == 1

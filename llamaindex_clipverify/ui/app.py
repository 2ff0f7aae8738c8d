"""The page of the chat, in Gradio; the only file that imports it. The page makes no requests to other hosts."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from llamaindex_clipverify.boundary.scratch import scratch_folder
from llamaindex_clipverify.errors import ClipVerifyError, DataError, MissingExtraError
from llamaindex_clipverify.explainers.heat_map import HeatMap
from llamaindex_clipverify.report.saving import save_all
from llamaindex_clipverify.report.sharing import shareable, without_paths
from llamaindex_clipverify.ui import markup
from llamaindex_clipverify.ui.answering import Answering
from llamaindex_clipverify.ui.gate import Gate
from llamaindex_clipverify.ui.session import Limits, Session, Sessions, Turn, complaint

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
try:
    import gradio as gr
    from starlette.middleware import Middleware
except ImportError as error:
    raise MissingExtraError("gradio", "ui") from error

NO_MAP = "no map"
_TALL = 560
"""Maximum height of the conversation in pixels; longer ones scroll."""
_FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "Noto Sans KR", "sans-serif")
_CLICK = """
element.addEventListener('click', (event) => {
  const hit = event.target.closest('[data-claim],[data-pick],[data-drop]');
  if (!hit) return;
  const {turn, claim, pick, drop} = hit.dataset;
  trigger('click', {turn: Number(turn ?? -1), claim: Number(claim ?? -1), pick: Number(pick ?? -1), drop: Number(drop ?? -1)});
});
"""

_DOWNLOAD = """
() => { setTimeout(() => document.querySelector('#made')?.click(), 200) }
"""
"""A download button serves the file it had before the click: another button makes the file, then this clicks the download."""


class Page:
    """The page of the chat with its event handlers."""

    def __init__(self, answering: Answering, title: str, limits: Limits | None = None, samples: bool = False) -> None:
        """Make a page.

        Args:
            answering: Answers and verifies.
            title: Text below the heading: models and pictures in use.
            limits: Limits for each visitor.
            samples: Whether to offer drawn scenes, for the bundled models.
        """
        self.answering, self.title, self.samples = answering, title, samples
        self.sessions = Sessions(limits, dropped=self._remove)
        self.folder = scratch_folder("clipverify-chat-")
        self.methods = self._methods()

    def _methods(self) -> list[str]:
        from llamaindex_clipverify.explainers import shown

        try:
            return shown(self.answering.verifier.explainer)
        except ClipVerifyError:
            return []

    # -- what its buttons do ------------------------------------------------------------------------------------------

    def welcome(self, request: gr.Request) -> tuple[str, str, str]:
        """Show what a tab has: nothing at first."""
        session = self.sessions.of(request.session_hash)
        if self.methods and session.method is None:
            session.method = self.methods[0]
        return markup.conversation(session), markup.album(session), markup.NOTHING

    def ask(self, question: str, request: gr.Request) -> Iterator[tuple[str, str]]:
        """Answer a question, piece by piece."""
        session = self.sessions.of(request.session_hash)
        try:
            for _ in self.answering.ask(session, question):
                yield markup.conversation(session), ""
        except DataError as error:
            gr.Warning(markup.safe(without_paths(str(error))))
            yield markup.conversation(session), question

    def upload(self, paths: Sequence[str] | None, request: gr.Request) -> tuple[str, None]:
        """Take pictures in; the files that Gradio wrote are removed at once."""
        session = self.sessions.of(request.session_hash)
        problems = []
        for path in map(Path, paths or ()):
            try:
                session.add(path.name, path.read_bytes())
            except ClipVerifyError as error:
                problems.append(str(error))
            finally:
                path.unlink(missing_ok=True)
        if problems:
            gr.Warning(markup.safe(without_paths(complaint(problems))), duration=20)
        return markup.album(session), None

    def sample(self, request: gr.Request) -> str:
        """Draw three scenes that the bundled models know."""
        from llamaindex_clipverify.testing import FRESH, draw_scene

        session = self.sessions.of(request.session_hash)
        have = len(session.shown)
        try:
            for place in range(3):
                scene = draw_scene(FRESH + have + place)
                made = session.add(f"drawn scene {have + place + 1}", _png(scene.image))
                if place:
                    session.toggle(session.shown.index(made))
        except DataError as error:
            gr.Warning(markup.safe(error))
        return markup.album(session)

    def pick(self, event: gr.EventData, request: gr.Request) -> str:
        """Choose a picture, leave it out, or remove it."""
        session = self.sessions.of(request.session_hash)
        session.toggle(int(event.pick))
        session.remove(int(event.drop))
        return markup.album(session)

    def look(self, event: gr.EventData, request: gr.Request) -> tuple[str, str]:
        """Show the evidence of a claim."""
        session = self.sessions.of(request.session_hash)
        session.look(int(event.turn), int(event.claim))
        panel = self._evidence(session)
        return markup.conversation(session), panel

    def switch(self, method: str, request: gr.Request) -> str:
        """Draw the heat map of the claim by another method."""
        session = self.sessions.of(request.session_hash)
        session.method = None if method == NO_MAP else method
        return self._evidence(session)

    def _evidence(self, session: Session) -> str:
        """Return the evidence of what is looked at when it is drawn: meanwhile something else may have been clicked."""
        while (chosen := session.chosen_claim) is not None:
            turn, claim, method = chosen
            try:
                drawn = markup.evidence(turn, claim, self._map(turn, claim, method))
            except ClipVerifyError as error:
                drawn = markup.evidence(turn, claim, None, without_paths(str(error)))
            if session.chosen_claim == chosen:
                return drawn
        return markup.NOTHING

    def _map(self, turn: Turn, claim: int, method: str | None) -> HeatMap | None:
        if turn.report is None or method is None:
            return None
        explained = self.answering.verifier.explain(turn.report, method, [claim])
        maps = [heat.map for heat in explained.maps if heat.claim == claim and heat.map.method == method]
        return maps[-1] if maps else None

    def clear(self, request: gr.Request) -> tuple[str, str]:
        """Begin a new conversation with the same pictures."""
        session = self.sessions.of(request.session_hash)
        session.clear()
        return markup.conversation(session), markup.NOTHING

    def export(self, suffix: str, request: gr.Request) -> str | None:
        """Write the reports of a conversation into a file to be downloaded."""
        session = self.sessions.of(request.session_hash)
        reports = session.reports
        if not reports:
            gr.Warning("There is no answer to export yet.")
            return None
        methods = self.methods[:1]
        explained = [self.answering.verifier.explain(report, methods) if methods else report for report in reports]
        explained = [shareable(report) for report in explained]
        session.exports.append(Path(tempfile.mkdtemp(dir=self.folder)))
        return str(save_all(explained, session.exports[-1] / f"conversation{suffix}"))

    def leave(self, request: gr.Request) -> None:
        """Forget a tab that is closed, and what it exported."""
        self.sessions.drop(request.session_hash)

    def _remove(self, session: Session) -> None:
        """Remove what a session exported, and the copies that Gradio serves."""
        for folder in session.exports:
            for file in folder.glob("*"):
                data = file.read_bytes()
                for copied in (self.folder / "uploads").rglob(file.name):
                    if copied.stat().st_size == len(data) and copied.read_bytes() == data:
                        copied.unlink(missing_ok=True)
            shutil.rmtree(folder, ignore_errors=True)

    # -- the page -----------------------------------------------------------------------------------------------------

    def build(self) -> gr.Blocks:
        """Return the page."""
        with gr.Blocks(title="clipverify chat", analytics_enabled=False, delete_cache=(600, 600)) as page:
            gr.Markdown(f"## clipverify chat\n{markup.safe(self.title)}")
            with gr.Row(equal_height=False):
                with gr.Column(scale=3, min_width=320):
                    talk = gr.HTML(js_on_load=_CLICK, elem_id="talk", max_height=_TALL, autoscroll=True)
                    with gr.Row():
                        words = gr.Textbox(
                            placeholder="Ask about the pictures", show_label=False, scale=6, elem_id="question"
                        )
                        send = gr.Button("Ask", variant="primary", scale=1, min_width=80, elem_id="ask")
                    with gr.Row():
                        fresh = gr.Button("New conversation", size="sm", elem_id="clear")
                        as_page = gr.Button("Export as a page", size="sm", elem_id="export-page")
                        as_json = gr.Button("Export as JSON", size="sm", elem_id="export-json")
                    made = gr.DownloadButton("Download", elem_id="made", elem_classes="cvc-hidden")
                with gr.Column(scale=2, min_width=320):
                    pictures = gr.HTML(js_on_load=_CLICK, elem_id="pictures")
                    with gr.Row():
                        files_in = gr.UploadButton(
                            "Upload pictures", file_count="multiple", file_types=["image"], size="sm", elem_id="upload"
                        )
                        drawn = gr.Button("Sample pictures", size="sm", visible=self.samples, elem_id="samples")
                    method = gr.Radio(
                        [*self.methods, NO_MAP], value=(self.methods or [NO_MAP])[0], label="Heat map",
                        visible=bool(self.methods), elem_id="method",
                    )  # fmt: skip
                    panel = gr.HTML(elem_id="evidence")
            for begun in (send.click, words.submit):
                begun(self.ask, [words], [talk, words])
            page.load(self.welcome, None, [talk, pictures, panel])
            page.unload(self.leave)
            talk.click(self.look, None, [talk, panel])
            pictures.click(self.pick, None, [pictures])
            files_in.upload(self.upload, [files_in], [pictures, files_in])
            drawn.click(self.sample, None, [pictures])
            method.change(self.switch, [method], [panel])
            fresh.click(self.clear, None, [talk, panel])
            for button, suffix in ((as_page, ".html"), (as_json, ".json")):
                button.click(_bound(self.export, suffix), None, [made]).success(None, None, None, js=_DOWNLOAD)
        built: gr.Blocks = page
        return built

    def launch(
        self, host: str = "127.0.0.1", port: int = 7860, *, wait: bool = True, allow_hosts: Sequence[str] = ()
    ) -> str:
        """Serve the page until it is interrupted, and return its address.

        Args:
            host: Who may reach it: this machine alone, unless another is given.
            port: 0 for any that is free.
            wait: Whether to return only when it is over; else `close` ends it.
            allow_hosts: Names by which visitors may reach it; addresses and ``localhost`` always work.

        Raises:
            DataError: The port is taken.
        """
        uploads = self.folder / "uploads"
        os.environ["GRADIO_TEMP_DIR"] = str(uploads)
        limits = self.sessions.limits
        gate = Middleware(Gate, hosts=(host, *allow_hosts), uploads=uploads, most_bytes=limits.uploads)
        self.page = self.build()
        self.page.queue(default_concurrency_limit=4)
        theme = gr.themes.Soft(font=list(_FONTS), font_mono=["ui-monospace", "monospace"])
        try:
            _, address, _ = self.page.launch(
                server_name=host, server_port=port or None, share=False, quiet=True, prevent_thread_lock=True, theme=theme,
                css=_text("chat.css"), max_file_size=self.sessions.limits.file, footer_links=[], show_error=False,
                app_kwargs={"middleware": [gate]}, ssr_mode=False, enable_monitoring=False, pwa=False, mcp_server=False,
            )  # fmt: skip
        except OSError as error:
            self.close()
            raise DataError(
                "the page cannot be served", got=f"{host}:{port} ({error})", do="give another --port"
            ) from error
        if wait:
            try:
                self.page.block_thread()
            finally:
                self.close()
        return str(address)

    def close(self) -> None:
        """Stop serving, and remove every file."""
        page = getattr(self, "page", None)
        if page is not None:
            page.close(verbose=False)
        shutil.rmtree(self.folder, ignore_errors=True)


def _bound(export: Any, suffix: str) -> Any:
    def run(request: gr.Request) -> str | None:
        found: str | None = export(suffix, request)
        return found

    return run


def _png(image: Any) -> bytes:
    import io

    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def _text(name: str) -> str:
    return (files("llamaindex_clipverify.ui") / name).read_text(encoding="utf-8")

"""Processes that have imported the models' libraries already.

A process that loads the bundled models imports for many seconds. `Warm` starts one such process for a whole run of the tests; it
forks a child for each one asked for, which takes over its arguments, folder, environment and streams. Tests of what is imported,
and of variables that are read at an import, start processes of their own.
"""

from __future__ import annotations

import atexit
import contextlib
import gc
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

_IMPORTED = (
    "llamaindex_clipverify.cli", "llamaindex_clipverify.models.clip", "llamaindex_clipverify.models.yolo", "llamaindex_clipverify.index.chroma",
    "llamaindex_clipverify.index.index", "llamaindex_clipverify.verification.verifier", "llamaindex_clipverify.report.html", "transformers.models.clip.modeling_clip",
    "llamaindex_clipverify.trust.fitting", "llamaindex_clipverify.testing", "llamaindex_clipverify.llama_index", "llamaindex_clipverify.explainers.attention",
)  # fmt: skip


class WarmProcess:
    """A child of the warm process, with what is used of `subprocess.Popen`."""

    def __init__(self, pid: int, ended: socket.socket, stdout: IO[str] | None, stderr: IO[str] | None) -> None:
        self.pid, self._ended, self.stdout, self.stderr = pid, ended, stdout, stderr
        self.returncode: int | None = None

    def poll(self) -> int | None:
        return self.wait(0.0, late=None)

    def wait(self, timeout: float | None = None, *, late: type[Exception] | None = TimeoutError) -> int | None:
        """Wait for the end; negative codes are signals."""
        if self.returncode is None:
            self._ended.settimeout(timeout)
            try:
                self.returncode = int(self._ended.recv(100) or b"-9")
            except (TimeoutError, BlockingIOError) as error:
                if late is not None:
                    raise late(f"process {self.pid} runs on") from error
        return self.returncode

    def send_signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)

    def communicate(self) -> tuple[str, str]:
        texts = tuple("" if stream is None else stream.read() for stream in (self.stdout, self.stderr))
        self.wait()
        return texts[0], texts[1]


class Warm:
    """The process that forks the others."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
            self._process = subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())], pass_fds=[theirs.fileno()], env=environment
            )

    def start(
        self,
        code: str,
        arguments: Sequence[object] = (),
        *,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        closed: Sequence[int] = (),
    ) -> WarmProcess:
        """Run Python code in a child.

        Args:
            code: What ``python -c`` would be given.
            arguments: Those of `sys.argv`, without its first.
            cwd: Its folder.
            env: Its whole environment.
            closed: Numbers of streams that are closed in it.
        """
        ends, given = zip(os.pipe(), os.pipe(), strict=True)
        ours, theirs = socket.socketpair(socket.AF_UNIX)
        asked = {
            "code": code,
            "arguments": list(map(str, arguments)),
            "cwd": str(cwd or Path.cwd()),
            "env": dict(os.environ if env is None else env),
            "closed": list(closed),
        }
        data = json.dumps(asked).encode()
        socket.send_fds(self._socket, [str(len(data)).encode()], [*given, theirs.fileno()])
        ours.sendall(data)
        for handle in given:
            os.close(handle)
        theirs.close()
        pid = int(ours.recv(20))
        return WarmProcess(pid, ours, os.fdopen(ends[0], "r"), os.fdopen(ends[1], "r"))

    def run(self, code: str, arguments: Sequence[object] = (), **options: object) -> subprocess.CompletedProcess[str]:
        """Run code in a child to its end."""
        child = self.start(code, arguments, **options)  # type: ignore[arg-type]
        out, err = child.communicate()
        return subprocess.CompletedProcess(["python"], child.wait() or 0, out, err)

    def close(self) -> None:
        self._socket.close()
        self._process.wait(60)


_shared: list[Warm] = []


def warm() -> Warm:
    """Return the warm process of this run, which is started when it is first asked for."""
    if not _shared:
        _shared.append(Warm())
        atexit.register(_shared[0].close)
    return _shared[0]


# -- in the warm process -----------------------------------------------------------------------------------------------------


def _serve(asking: socket.socket) -> None:
    """Fork a child for each request, and tell of its end."""
    waiting: dict[int, socket.socket] = {}
    signals, wake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(signals, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    selector = selectors.DefaultSelector()
    selector.register(asking, selectors.EVENT_READ)
    selector.register(signals, selectors.EVENT_READ)
    while True:
        for key, _ in selector.select():
            if key.fileobj is asking:
                size, handles, _, _ = socket.recv_fds(asking, 100, 3)
                if not size:
                    return
                told = socket.socket(fileno=handles[2])
                asked = json.loads(_read(told, int(size)))
                pid = os.fork()
                if pid == 0:
                    _become(asked, handles[:2], [asking.fileno(), told.fileno(), signals, wake])
                for handle in handles[:2]:
                    os.close(handle)
                told.sendall(str(pid).encode())
                waiting[pid] = told
            else:
                os.read(signals, 1000)
        while waiting:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                break
            if (told_of := waiting.pop(pid, None)) is not None:
                with contextlib.suppress(OSError):
                    told_of.sendall(str(os.waitstatus_to_exitcode(status)).encode())
                told_of.close()


def _read(stream: socket.socket, size: int) -> bytes:
    data = b""
    while len(data) < size:
        data += stream.recv(size - len(data))
    return data


def _become(asked: Mapping[str, object], streams: Sequence[int], others: Sequence[int]) -> None:
    """Turn this child into the process that was asked for; never returns."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL if number == signal.SIGCHLD else signal.default_int_handler)
        for handle in others:
            os.close(handle)
        null = os.open(os.devnull, os.O_RDONLY)
        for target, handle in enumerate((null, *streams)):
            os.dup2(handle, target)
        for handle in (null, *streams):
            os.close(handle)
        sys.stdin, sys.stdout, sys.stderr = (  # those of before may have been files
            open(number, mode, encoding="utf-8", errors=errors, closefd=False)  # noqa: SIM115
            for number, (mode, errors) in enumerate((("r", "strict"), ("w", "strict"), ("w", "backslashreplace")))
        )
        for number in asked["closed"]:  # type: ignore[attr-defined]
            os.close(number)
            setattr(sys, ("stdin", "stdout", "stderr")[number], None)
        os.chdir(str(asked["cwd"]))
        os.environ.clear()
        os.environ.update(asked["env"])  # type: ignore[call-overload]
        time.tzset()
        sys.argv = ["-c", *asked["arguments"]]  # type: ignore[misc]
        exec(compile(str(asked["code"]), "<string>", "exec"), {"__name__": "__main__", "__builtins__": __builtins__})
        code = 0
    except SystemExit as left:
        code = left.code if isinstance(left.code, int) else 0 if left.code is None else 1
    except BaseException:  # noqa: BLE001 - as the interpreter does
        traceback.print_exc()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    with contextlib.suppress(BaseException):
        atexit._run_exitfuncs()
    os._exit(code)


if __name__ == "__main__":
    import importlib

    for name in _IMPORTED:
        importlib.import_module(name)
    gc.freeze()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    os._exit(0)  # some library complains of what its forks have left

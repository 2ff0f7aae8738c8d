"""The command line: what is common to its verbs. Each verb has its flags in one of the files beside; its work is elsewhere.

Exit codes: 0 fine, 1 the answer is not trusted enough (or `doctor` found something broken), 2 bad input or usage.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NoReturn

import typer

from llamaindex_clipverify.cli import answering, calibrating, chatting, checking, first_contact, optimizing, teaching
from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.errors import ClipVerifyError

__all__ = [
    "answering",
    "app",
    "calibrating",
    "chatting",
    "checking",
    "first_contact",
    "main",
    "optimizing",
    "run",
    "teaching",
]

_MANY = {"verify": {"--image"}, "compare": {"--image", "--text"}}
"""Options that take several values after one flag."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit code. Errors made by the caller are one line on stderr."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _quieten()
    with _uncollected():
        code = _run(given)
    sys.exit(code if isinstance(code, int) else 0)


def _run(given: list[str]) -> object:
    """Run the verb and return its exit code, or leave with 2."""
    try:
        return app(args=_spread(given) or ["--help"], prog_name="clipverify", standalone_mode=False)
    except ClipVerifyError as error:
        _leave(str(error))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except OSError as error:
        _leave(f"{error.strerror or error}; got {error.filename}" if error.filename else str(error))
    except Exception as error:
        if not hasattr(error, "format_message"):  # a usage error of typer, which keeps its class to itself
            raise
        _leave(f"{' '.join(error.format_message().split()).rstrip('.')}; see {_help_of(given)}")


@contextmanager
def _uncollected() -> Iterator[None]:
    """Collect no garbage while models are imported: that is a fifth of a short command's time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def run() -> NoReturn:
    """Run `main` as the console script does, and leave without taking an interpreter full of models apart.

    That would take more than a second, for nothing: what was written is flushed, and exit handlers have run.
    """
    code: object = 1
    try:
        main()
    except SystemExit as left:
        code = left.code
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    atexit._run_exitfuncs()
    os._exit(code if isinstance(code, int) else 0 if code is None else 1)


def _spread(arguments: Sequence[str]) -> list[str]:
    """Write ``--image a b`` as ``--image a --image b``, for the options that take several values."""
    many = _MANY.get(arguments[0], set()) if arguments else set()
    result: list[str] = []
    flag, taken = "", False
    for argument in arguments:
        if argument.startswith("--"):
            flag, taken = argument if argument in many else "", False
        elif flag and taken:
            result.append(flag)
        else:
            taken = bool(flag)
        result.append(argument)
    return result


def _help_of(arguments: Sequence[str]) -> str:
    verbs = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    return f"clipverify {arguments[0]} --help" if arguments and arguments[0] in verbs else "clipverify --help"


def _leave(message: str) -> NoReturn:
    typer.echo(f"clipverify: {' '.join(message.split())}", err=True)
    sys.exit(2)


def _quieten() -> None:
    """Keep other libraries' progress bars, hints and warnings out of the output; never crash on a narrow encoding."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    warnings.simplefilter("ignore")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


_QUIET = {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
    "YOLO_VERBOSE": "false",
}

"""The command line: entry point, errors and exit codes. Each verb has a file of its own in this folder.

Exit codes: 0 success, 1 the answer is not trusted enough (or `doctor` found something broken), 2 what kept it from being done.
"""

from __future__ import annotations

import atexit
import gc
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import NoReturn

import typer

from llamaindex_clipverify.boundary.failures import reason
from llamaindex_clipverify.cli import config
from llamaindex_clipverify.cli.app import app
from llamaindex_clipverify.cli.output import warn
from llamaindex_clipverify.errors import ClipVerifyError
from llamaindex_clipverify.report.format import printable

__all__ = ["VERBS", "app", "main", "run"]

VERBS = (
    "verify",
    "verify_file",
    "explain",
    "compare",
    "eval",
    "index",
    "ask",
    "describe",
    "calibrate",
    "label",
    "report",
    "finetune",
    "optimize",
    "chat",
    "serve",
    "mcp",
    "init",
    "demo",
    "doctor",
)
"""The verbs in the order of the help; each is a file of this name."""
for _verb in VERBS:
    import_module(f"{__name__}.{_verb}")

TRACE = "CLIPVERIFY_TRACE"
"""Environment variable: 1 shows where an error came from."""
_CRASHED = 2
"""Exit code of every error; 1 says that an answer is not trusted, and nothing else."""
_PIPE_CLOSED = 141
"""Exit code when the reader of the output has left: 128 and SIGPIPE."""
_GC_THRESHOLD = (50_000, 20, 20)
"""Fewer collections than by default, which take a fifth of the time of a short command while models are imported."""
_MANY = {"verify": {"--image"}, "compare": {"--image", "--text"}}
"""Options that take several values after one flag."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code. Errors of the caller are one line on stderr."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _quieten()
    gc.set_threshold(*_GC_THRESHOLD)
    code = _run(given)
    sys.exit(code if isinstance(code, int) else 0)


def _run(given: list[str]) -> object:
    """Run the verb and return its exit code, or exit with 2."""
    try:
        values, lines = config.defaults(_options(), given)
        for line in lines:
            warn(line)
        arguments = _spread(given) or ["--help"]
        return app(args=arguments, prog_name="clipverify", standalone_mode=False, default_map=values)
    except ClipVerifyError as error:
        _leave(str(error))
    except (KeyboardInterrupt, typer.Abort):
        sys.exit(130)
    except BrokenPipeError:
        _leave_quietly()
    except SystemExit as left:
        if isinstance(left.__context__, BrokenPipeError):  # typer takes it for an exit code of 1
            _leave_quietly()
        raise
    except OSError as error:
        _leave(f"{error.strerror or error}; got {error.filename}" if error.filename else str(error))
    except Exception as error:  # noqa: BLE001 - whatever it is, it is one line and exit code 2
        if os.environ.get(TRACE):
            traceback.print_exc()
        if not hasattr(error, "format_message"):  # a usage error of typer, which keeps its class to itself
            _leave(f"{reason(error)}; this is a fault of the package: {TRACE}=1 shows where")
        _leave(f"{' '.join(error.format_message().split()).rstrip('.')}; see {_help_of(given)}")


def run() -> NoReturn:
    """Run `main` as the console script, and exit without tearing down an interpreter full of models.

    The teardown takes more than a second. Streams are flushed and exit handlers run before.
    """
    code: object = _CRASHED
    try:
        main()
    except SystemExit as left:
        code = left.code
    except BaseException:  # noqa: BLE001 - nothing may exit with 1 by accident
        traceback.print_exc()
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    atexit._run_exitfuncs()
    os._exit(code if isinstance(code, int) else 0 if code is None else _CRASHED)


def _spread(arguments: Sequence[str]) -> list[str]:
    """Return the arguments with ``--image a b`` as ``--image a --image b``, for options that take several values."""
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


def _options() -> dict[str, dict[str, str]]:
    """Return the options of each verb: their name without dashes, and that of their parameter."""
    group = typer.main.get_group(app)
    return {
        verb: {
            flag.removeprefix("--"): str(option.name)
            for option in command.params
            for flag in option.opts
            if flag.startswith("--")
        }
        for verb, command in group.commands.items()
    }


def _help_of(arguments: Sequence[str]) -> str:
    verbs = {command.name or command.callback.__name__ for command in app.registered_commands if command.callback}
    return f"clipverify {arguments[0]} --help" if arguments and arguments[0] in verbs else "clipverify --help"


def _leave_quietly() -> NoReturn:
    """Exit because nobody reads the output any more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    sys.exit(_PIPE_CLOSED)


def _leave(message: str) -> NoReturn:
    typer.echo(f"clipverify: {printable(' '.join(message.split()))}", err=True)
    sys.exit(_CRASHED)


def _quieten() -> None:
    """Keep progress bars, hints and warnings of other libraries out of the output; never crash on a narrow encoding."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    warnings.simplefilter("ignore")
    _open_streams()
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")


def _open_streams() -> None:
    """Open standard streams that whoever started the process has closed: else the next file opened would be one of them."""
    for handle in range(3):
        try:
            os.fstat(handle)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest handle that is free
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w", encoding="utf-8"))  # noqa: SIM115 - open to the end of the process


_QUIET = {
    "HF_HUB_DISABLE_PROGRESS_BARS": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "HF_HUB_VERBOSITY": "error",
    "TOKENIZERS_PARALLELISM": "false",
    "TRANSFORMERS_VERBOSITY": "error",
    "YOLO_VERBOSE": "false",
}

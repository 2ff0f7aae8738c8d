"""Defaults of options from ``clipverify.toml`` and the environment: flags win over the environment, which wins over the file.

    models = "tiny"            # for every verb that has such an option
    min-trust = 0.6

    [ask]                      # for one verb
    llm = "tiny"

Only the file in the current folder is read, or the one that ``CLIPVERIFY_CONFIG`` names (empty for none). In the environment
an option is ``CLIPVERIFY_`` and its name: ``CLIPVERIFY_MIN_TRUST``.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

from llamaindex_clipverify.boundary import files
from llamaindex_clipverify.errors import DataError

NAME = "clipverify.toml"
VARIABLE = "CLIPVERIFY_CONFIG"
"""Environment variable with the path of another file; empty for no file."""
_PREFIX = "CLIPVERIFY_"
_MODELS = frozenset({"models", "encoder", "detector"})
"""Options that name the same thing in two ways: one of them on the command line replaces all of the file's."""
_HERE = _MODELS | {"reader", "reference", "alpha", "delta", "store"}
"""Options of what is loaded or opened here, which a server has of its own."""
_FAR = ("together:", "openai:", "http://", "https://")
"""Beginnings of values by which pictures and answers leave this machine."""

Options = Mapping[str, Mapping[str, str]]
"""For each verb, the names of its options, such as ``min-trust``, to those of its parameters."""


def defaults(options: Options, arguments: Sequence[str]) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Return default values for each verb by parameter, and lines to show: settings of a file that lead off this machine.

    Args:
        options: The options of all verbs.
        arguments: The command line; models or a server named there replace those of file and environment.

    Raises:
        DataError: The file is damaged, or names no such option.
    """
    path = _file()
    table = {}
    if path is not None:
        table = _read(path)
        _check(path, table, options)
    given = {argument.split("=")[0].removeprefix("--") for argument in arguments if argument.startswith("--")}
    chosen: dict[str, dict[str, Any]] = {}
    lines: list[str] = []
    asked = arguments[0] if arguments else ""
    for verb, names in options.items():
        general = {name: value for name, value in table.items() if name in names}
        own = _merged([general, table.get(verb, {}), _environment(names)], given)
        chosen[verb] = {names[name]: value for name, value in own.items()}
        if verb == asked and path is not None:
            lines += _leaving(path, own)
    return chosen, lines


def _merged(layers: Sequence[Mapping[str, Any]], given: Set[str]) -> dict[str, Any]:
    """Return the values that hold: later layers win over earlier ones, and options given on the command line over all."""
    excluded = set(given) | (_MODELS if given & _MODELS else set()) | _unused(*layers, dict.fromkeys(given))
    return {name: value for layer in layers for name, value in layer.items() if name not in excluded}


def _unused(*layers: Mapping[str, Any]) -> Set[str]:
    """Return the options that do not apply: a server excludes what is loaded here, unless only a later layer names that."""
    for layer in reversed(layers):
        if "server" in layer:
            return _HERE
        if layer.keys() & (_MODELS | {"store"}):
            return {"server"}
    return set()


def _file() -> Path | None:
    named = os.environ.get(VARIABLE)
    if named is not None:
        return Path(named) if named else None
    path = Path(NAME)
    return path if path.is_file() else None


def _read(path: Path) -> dict[str, Any]:
    what, do = "the configuration cannot be read", f"mend {path.name}, or set {VARIABLE}= to ignore it"
    text = files.read_text(path, what, do)
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # also of a number with too many digits
        raise DataError(what, got=f"{path}: {error}", do=do) from error
    return {_name(key): _normal(value) for key, value in table.items()}


def _normal(value: Any) -> Any:
    return {_name(key): inner for key, inner in value.items()} if isinstance(value, dict) else value


def _name(key: str) -> str:
    return key.replace("_", "-")


def _check(path: Path, table: Mapping[str, Any], options: Options) -> None:
    """Refuse keys that no verb has, so that no typing error stays unseen, and values of forms that no option has."""
    every = {name for names in options.values() for name in names}
    for key, value in table.items():
        if isinstance(value, dict):
            if key not in options:
                raise _unknown(path, f"[{key}]", key, options)
            for name in value:
                if name not in options[key]:
                    raise _unknown(path, f"[{key}] {name}", name, options[key])
        elif key not in every:
            raise _unknown(path, key, key, every)
        entries = value.values() if isinstance(value, dict) else [value]
        if not all(isinstance(entry, (str, int, float, bool, list)) for entry in entries):
            raise DataError(f"{path.name}: no option takes such a value", got=f"{key} = {value}")


def _unknown(path: Path, place: str, key: str, known: Iterable[str]) -> DataError:
    near = difflib.get_close_matches(key, list(known), 1)
    return DataError(f"{path.name}: no such setting", got=place, do=f"did you mean {near[0]}?" if near else "remove it")


def _environment(names: Iterable[str]) -> dict[str, str]:
    """Return the options that environment variables set."""
    found = ((name, os.environ.get(_variable(name))) for name in names)
    return {name: value for name, value in found if value}


def _variable(name: str) -> str:
    """Return the environment variable of an option."""
    return f"{_PREFIX}{name.replace('-', '_').upper()}"


def _leaving(path: Path, values: Mapping[str, Any]) -> list[str]:
    """Return a line for each value of a file by which pictures and answers leave this machine."""
    return [
        f"{name} {value} comes from {path}"
        for name, value in values.items()
        if isinstance(value, str) and value.lower().startswith(_FAR) and not os.environ.get(_variable(name))
    ]

"""Reads JSON that others wrote into dataclasses, by their annotations: a wrong type, a missing or an unknown field is an error.

Nothing is converted except whole numbers to floats. Numbers are finite, and lists become tuples.
"""

from __future__ import annotations

import math
import types
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from functools import cache
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from llamaindex_clipverify.errors import DataError

T = TypeVar("T")


class _MismatchError(ValueError):
    """A value is not of the form; its text names the place."""


def record(form: type[T], data: Any, what: str, do: str = "", got: object = None) -> T:
    """Return a dataclass made of JSON.

    Args:
        form: The dataclass; nested ones, tuples, mappings, literals and optional values may be in it.
        data: What was read.
        what: What the error says.
        do: What to do then.
        got: Where it was read from, for the error.

    Raises:
        DataError: The data are not of this form; the message names the first place that is not.
    """
    try:
        return cast("T", _read(form, data, ""))
    except (_MismatchError, TypeError, ValueError, OverflowError, RecursionError) as error:
        about = f"{got} ({error})" if got is not None else str(error)
        raise DataError(what, got=about, do=do) from error


def _read(form: Any, value: Any, place: str) -> Any:
    if form is Any:
        return value
    origin = get_origin(form)
    if origin in (Union, types.UnionType):
        return _read_union(form, value, place)
    if origin is Literal:
        if not isinstance(value, str) or value not in get_args(form):
            raise _MismatchError(f"{place or 'the value'} is none of {', '.join(map(str, get_args(form)))}")
        return value
    if origin is tuple:
        return _read_tuple(get_args(form), value, place)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return _read_mapping(get_args(form), value, place)
    if is_dataclass(form):
        return _read_fields(cast("type[Any]", form), value, place)
    return _read_plain(form, value, place)


def _read_plain(form: Any, value: Any, place: str) -> Any:
    if form is float:
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
            raise _MismatchError(f"{place or 'the value'} is no finite number")
        return float(value)
    if form is types.NoneType:
        form = type(None)
    if not isinstance(value, form) or (form is int and (isinstance(value, bool) or abs(value) > _LARGEST)):
        raise _MismatchError(f"{place or 'the value'} is no {form.__name__}")
    return value


_LARGEST = 10**15


def _read_union(form: Any, value: Any, place: str) -> Any:
    if value is None and type(None) in get_args(form):
        return None
    options = [option for option in get_args(form) if option is not type(None)]
    for option in options[:-1]:
        try:
            return _read(option, value, place)
        except _MismatchError:
            continue
    return _read(options[-1], value, place)


def _read_tuple(inner: tuple[Any, ...], value: Any, place: str) -> tuple[Any, ...]:
    if not isinstance(value, (list, tuple)):
        raise _MismatchError(f"{place or 'the value'} is no list")
    if len(inner) == 2 and inner[1] is Ellipsis:
        return tuple(_read(inner[0], one, f"{place}[{index}]") for index, one in enumerate(value))
    if len(value) != len(inner):
        raise _MismatchError(f"{place or 'the value'} has {len(value)} values, not {len(inner)}")
    return tuple(
        _read(kind, one, f"{place}[{index}]") for index, (kind, one) in enumerate(zip(inner, value, strict=True))
    )


def _read_mapping(inner: tuple[Any, ...], value: Any, place: str) -> dict[Any, Any]:
    if not isinstance(value, Mapping):
        raise _MismatchError(f"{place or 'the value'} is no mapping")
    return {
        _read(inner[0], key, f"a key of {place}"): _read(inner[1], one, _inside(place, key))
        for key, one in value.items()
    }


def _read_fields(form: type[Any], value: Any, place: str) -> Any:
    if not isinstance(value, Mapping):
        raise _MismatchError(f"{place or 'the value'} is no mapping")
    known: dict[str, tuple[Any, Field[Any]]] = _form_of(cast("Any", form))
    if unknown := [key for key in value if key not in known]:
        raise _MismatchError(f"{_inside(place, unknown[0])} is not known")
    given = {}
    for name, (kind, one) in known.items():
        if name in value:
            given[name] = _read(kind, value[name], _inside(place, name))
        elif one.default is MISSING and one.default_factory is MISSING:
            raise _MismatchError(f"{_inside(place, name)} is missing")
    return form(**given)


@cache
def _form_of(form: Any) -> dict[str, tuple[Any, Field[Any]]]:
    hints = get_type_hints(form)
    return {one.name: (hints[one.name], one) for one in fields(form) if one.init}


def _inside(place: str, name: object) -> str:
    short = str(name)[:40]
    return f"{place}.{short}" if place else short

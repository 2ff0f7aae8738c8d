"""Bodies of requests: JSON or a multipart form, read into one form; and what a caller wants in return."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from llamaindex_clipverify.boundary.failures import reason
from llamaindex_clipverify.errors import DataError
from llamaindex_clipverify.remote.problems import Refused
from llamaindex_clipverify.serving import forms
from llamaindex_clipverify.serving.given import GivenPicture
from llamaindex_clipverify.serving.limits import Limits
from llamaindex_clipverify.serving.openapi import BODY_FORMS

_AS_JSON = ("report", "where", "metadata")
"""Fields of a multipart form whose text is JSON."""
_FIELDS = 300
"""Maximum number of fields of a multipart form."""


async def form_of(request: Any, limits: Limits, form: type[forms.T]) -> forms.T:
    """Read a form of JSON, or a multipart form.

    Args:
        request: A request of Starlette.
        limits: What it may cost.
        form: What it should be.

    Raises:
        DataError: It is not of this form.
        Refused: It is something else.
    """
    kind = kind_of(request)
    if kind == "application/json":
        body = await request.body()
        try:
            data = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise Refused(400, "the request is no JSON", got=reason(error), do="send one object") from error
        return forms.read(form, data)
    if kind not in ("multipart/form-data", "application/x-www-form-urlencoded"):
        do = f"send {' or '.join(BODY_FORMS)}"
        raise Refused(415, "a body of this type is not read", got=kind or "no content type", do=do)
    async with request.form(max_files=limits.pictures + 1, max_fields=_FIELDS, max_part_size=limits.body) as sent:
        pictures: list[GivenPicture] = []
        values: dict[str, Any] = {}
        for name, value in sent.multi_items():
            if name == "picture":
                pictures.append(await _given(value))
            else:
                _put(values, form.model_fields, name, value)
    made = forms.read(form, values)
    if pictures and isinstance(made, forms.PicturesForm):
        made.with_uploads(pictures)
    return made


async def _given(value: Any) -> GivenPicture:
    if isinstance(value, str):
        return GivenPicture.named(value.strip())
    return GivenPicture(data=await value.read(), name=value.filename or "")


def _put(values: dict[str, Any], known: Mapping[str, Any], name: str, value: Any) -> None:
    """Put the value of a multipart field where JSON has it: ``passage`` twice is the list ``passages``."""
    if not isinstance(value, str):
        raise DataError("a file that is no picture", got=name, do="name the field of each file: picture")
    if name in _AS_JSON:
        try:
            values[name] = json.loads(value)
        except (ValueError, RecursionError) as error:
            raise DataError(f"the field {name} is no JSON", got=reason(error), do="send one object") from error
    elif f"{name}s" in known:
        values.setdefault(f"{name}s", []).append(value)
    else:
        values[name] = value


def kind_of(request: Any) -> str:
    """Return the media type of a body, without its parameters."""
    return str(request.headers.get("content-type", "")).partition(";")[0].strip().lower()


def wanted_of(request: Any, *offered: str) -> str:
    """Return the first of the types that the caller accepts, in the caller's order.

    Raises:
        Refused: None of them is accepted.
    """
    accepted = [one.partition(";")[0].strip().lower() for one in str(request.headers.get("accept", "*/*")).split(",")]
    for one in accepted:
        for kind in offered:
            if one in (kind, "*/*", f"{kind.partition('/')[0]}/*"):
                return kind
    raise Refused(406, "no answer of this type is made", got=", ".join(accepted), do=f"accept {' or '.join(offered)}")

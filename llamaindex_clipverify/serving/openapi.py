"""What the OpenAPI document says beside the addresses: bodies in two forms, problems, keys."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel

from llamaindex_clipverify.remote.problems import MEDIA_TYPE
from llamaindex_clipverify.serving.forms import PicturesForm, ProblemOut

BODY_FORMS = ("application/json", "multipart/form-data")
_REF = "#/components/schemas/{model}"
_SAID = {
    401: "No API key, or one that is not known",
    403: "Not allowed",
    404: "No index, or no such picture",
    413: "The body is too large",
    415: "The body is neither JSON nor a form",
    422: "The form, a picture or an option is not usable",
    429: "Too many requests of this key; Retry-After says when to ask again",
    501: "What it takes is not installed",
    503: "Too much is under way, or the models are not loaded yet",
    504: "It took too long",
}
_schemas: dict[str, Any] = {}


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of these problems."""
    _schema(ProblemOut)
    content = {MEDIA_TYPE: {"schema": {"$ref": _REF.format(model=ProblemOut.__name__)}}}
    return {status: {"description": _SAID[status], "content": content} for status in statuses}


def body_of(form: type[PicturesForm], lines: type[PicturesForm] | None = None) -> dict[str, Any]:
    """Return the description of a body: JSON, a multipart form, and lines of JSON if it may be a stream."""
    content: dict[str, Any] = {
        "application/json": {"schema": _schema(form)},
        "multipart/form-data": {"schema": _multipart(form)},
    }
    if lines is not None:
        content["application/x-ndjson"] = {"schema": _schema(lines)}
    return {"requestBody": {"required": True, "content": content}}


def _schema(form: type[BaseModel]) -> dict[str, str]:
    """Keep the schema of a form for the document, and return a reference to it."""
    schema = form.model_json_schema(ref_template=_REF)
    _schemas.update(schema.pop("$defs", {}))
    _schemas[form.__name__] = schema
    return {"$ref": _REF.format(model=form.__name__)}


def _multipart(form: type[PicturesForm]) -> dict[str, Any]:
    """Return the schema of the multipart form: lists are fields that may stand several times."""
    schema = form.model_json_schema(ref_template=_REF)
    properties: dict[str, Any] = {
        "picture": {
            "type": "array",
            "items": {"type": "string", "format": "binary"},
            "description": "Files of pictures; a field with text is the id of a picture of the index.",
        }
    }
    for name, value in schema["properties"].items():
        if name != "pictures":
            properties[name.removesuffix("s") if form.model_fields[name].annotation in _LISTS else name] = value
    required = [name.removesuffix("s") if name == "texts" else name for name in schema.get("required", ())]
    return {"type": "object", "properties": properties, "required": required}


_LISTS: tuple[Any, ...] = (list[str], list[int], list[int] | None)


def describe(app: Any) -> None:
    """Add the forms and the keys to the document of an app."""
    plain: Any = app.openapi

    def document() -> dict[str, Any]:
        made: dict[str, Any] = plain()
        components = made.setdefault("components", {})
        components["schemas"] = {**_schemas, **components.get("schemas", {})}
        components["securitySchemes"] = {
            "bearer": {"type": "http", "scheme": "bearer", "description": "An API key, where the service has any."}
        }
        made["security"] = [{"bearer": []}, {}]
        return made

    app.openapi = document

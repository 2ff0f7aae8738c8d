"""Run the notebooks of examples/ and store their outputs, made small: ``python .ci/notebooks.py [NAME …]``.

Pictures become PNG files of 128 colours and at most 900 pixels; what is larger than 100 kB as HTML stays as its text; names of
temporary folders are left out.
"""

from __future__ import annotations

import base64
import io
import os
import re
import sys
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import nbformat
from nbclient import NotebookClient
from PIL import Image

FOLDER = Path(__file__).parents[1] / "examples"
_TEMPORARY = re.compile(re.escape(gettempdir()) + r"/tmp\w+/")  # noqa: S108
_WIDTH, _COLOURS, _HTML = 900, 128, 100_000


def small(png: str) -> str:
    """Return a picture in base 64, with fewer pixels and colours."""
    with Image.open(io.BytesIO(base64.b64decode(png))) as image:
        flat = Image.new("RGB", image.size, "white")
        flat.paste(image, mask=image if image.mode == "RGBA" else None)
    flat.thumbnail((_WIDTH, 10 * _WIDTH))
    stream = io.BytesIO()
    flat.quantize(_COLOURS, dither=Image.Dither.NONE).save(stream, "PNG", optimize=True)
    return base64.b64encode(stream.getvalue()).decode()


def run(path: Path) -> None:
    """Run a notebook in an empty folder and write it with its outputs."""
    os.environ["PYTHONWARNINGS"] = "ignore"  # of other libraries: they are no outputs
    notebook = nbformat.read(path, as_version=4)
    with TemporaryDirectory() as folder:
        where = {"metadata": {"path": folder}}
        NotebookClient(notebook, timeout=900, kernel_name="python3", resources=where, record_timing=False).execute()
    for cell in notebook.cells:
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            if "image/png" in data:
                data["image/png"] = small(data["image/png"])
                data.pop("image/jpeg", None)
            if len(data.get("text/html", "")) > _HTML:
                del data["text/html"]
    notebook.metadata = {"kernelspec": notebook.metadata["kernelspec"], "language_info": {"name": "python"}}
    path.write_text(_TEMPORARY.sub("", nbformat.writes(notebook)) + "\n", "utf-8")
    print(f"{path.name}: {path.stat().st_size // 1000} kB")


if __name__ == "__main__":
    for name in sys.argv[1:] or sorted(path.stem for path in FOLDER.glob("*.ipynb")):
        run(FOLDER / f"{name}.ipynb")

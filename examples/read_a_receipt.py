"""Is what the answer says written on the receipt? It is read by RapidOCR (extra [ocr]); the receipt is drawn."""

from llamaindex_clipverify import Verifier
from llamaindex_clipverify.testing import FRESH
from llamaindex_clipverify.testing.documents import draw_document

document = draw_document(FRESH + 40, "receipt")
answer = " ".join(str(row["claim"]) for row in document.claims)
print(Verifier.from_defaults(reader="rapidocr").verify(answer, images=[document.image]))

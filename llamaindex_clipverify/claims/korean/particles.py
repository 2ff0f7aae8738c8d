"""Particles and forms of the copula that follow a Korean noun, with what each does."""

from __future__ import annotations

from llamaindex_clipverify.claims.korean.word_lists import word_list, word_rows, word_set


def _table() -> dict[str, tuple[str, str]]:
    """Return what follows a noun to (case, form of the copula)."""
    copulas = {form: kind for kind, forms in word_rows("copulas").items() for form in forms}
    table = {"": ("", "")}
    table |= {form: ("copula", kind) for form, kind in copulas.items()}
    for case, forms in word_rows("particles").items():
        table |= {form: (case, "") for form in forms if case != "said" or form not in table}
    table |= {
        f"뿐{form}": ("copula", kind) for form, kind in copulas.items() if form.startswith("이") or form == "입니다"
    }
    table["뿐"] = ("only", "")
    return table


ENDINGS = _table()
"""What may follow a noun, to its case and its form of the copula."""
LONGEST = max(map(len, ENDINGS))
PLURALS = word_list("noun_suffixes")
"""Suffixes between a noun and its particle."""
AFTER_VOWEL = word_set("particles_after_vowel")
AFTER_CONSONANT = word_set("particles_after_consonant")

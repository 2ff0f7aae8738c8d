"""``python -m llamaindex_clipverify`` is the command ``clipverify``."""

from llamaindex_clipverify.cli import run

run()

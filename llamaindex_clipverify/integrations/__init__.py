"""Doors other than LlamaIndex: LangChain, pytest, deepeval, Ray. One library, one file."""

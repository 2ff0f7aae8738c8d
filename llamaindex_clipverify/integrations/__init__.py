"""Doors other than LlamaIndex: LangChain, pytest, deepeval, ragas, Ray. One library, one file."""

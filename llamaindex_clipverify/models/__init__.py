"""Adapters to models: each heavy library is imported in one file here. Names are looked up in `models.table`."""

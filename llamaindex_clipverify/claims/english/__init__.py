"""The English splitter, in parts."""

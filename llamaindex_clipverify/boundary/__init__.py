"""The boundary to what others made: files, addresses, encoded pictures, JSON and texts. Whatever fails here is one typed error.

Each kind of input has one door: `files` for the file system, `urls` for addresses, `decoding` for encoded pictures, `records` for
JSON, `texts` for answers. `failures` turns what a library raises into an error of this package.
"""

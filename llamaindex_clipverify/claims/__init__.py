"""Claims: what an answer says that can be true or false of a picture."""

"""How English answers are read, in the order of the files: sentences, words, phrases, scopes, then what is claimed of them."""

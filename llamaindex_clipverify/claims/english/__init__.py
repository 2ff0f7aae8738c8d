"""The English splitter: sentences, noun phrases, negation, pronouns and statements, one module each."""

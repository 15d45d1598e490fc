"""The few business nouns that every module shares."""

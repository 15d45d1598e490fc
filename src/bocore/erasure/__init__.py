"""Erasure: a person's data found over the paths that fields declare, shown, kept where the law says so, and forgotten."""

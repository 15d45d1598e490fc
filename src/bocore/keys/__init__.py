"""Keys and secret values: what is encrypted, under which key, and who may open it."""

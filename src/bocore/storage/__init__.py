"""Where rows live: engines, column types, internal tables and blocks of ids."""

"""The commit record: what changed, in a canonical form that anyone can recompute."""

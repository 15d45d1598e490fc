"""Numbered migrations, first to last."""

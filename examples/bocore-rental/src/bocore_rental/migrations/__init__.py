"""The migrations of rental."""

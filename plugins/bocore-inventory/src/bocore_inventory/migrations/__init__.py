"""The migrations of stock."""

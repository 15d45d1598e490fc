"""The migrations of accounting."""

"""The migrations of beancount."""

"""Beancount ledgers, read into the books and written from them."""

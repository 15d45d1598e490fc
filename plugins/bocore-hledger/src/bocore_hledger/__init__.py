"""hledger and ledger journals, read into the books and written from them."""

__version__ = "0.1.0"

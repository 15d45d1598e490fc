"""What an auditor asks: a sample that ties to the books, the trail of each item of it, and a proof of every row on that trail."""

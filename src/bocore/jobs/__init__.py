"""Jobs: work for later or by the clock, kept in the database until it is done."""

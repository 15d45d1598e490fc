"""Business flows: what a business does from end to end, with its figures, and what its books say of it on each day.

Modules that post these vouchers one day (shops, payroll, health care, stock …) are stood for by small plugins of the tests. A test reads
like the business: what is done, and what trial balance, statements, open items and trail say then. After each, all that can be checked of
the books is checked.
"""

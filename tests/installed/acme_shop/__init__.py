"""A small plugin as it would be installed: what the tests of the command line, of reports and of imports use."""

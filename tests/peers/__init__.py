"""derivcheck beside other tools, on the same formulas: run by ``make bench``, and no part of the tests."""

"""What every Python that the tests start imports first (`conftest.py` puts this folder on its module path).

The thousands of modules of torch make a million objects, and nothing of it is garbage: to look for some all the time
takes a fifth of the second or two that a process needs before its script begins, and the tests start hundreds.
"""

import gc

gc.set_threshold(100_000, 10, 100)

"""One thread for all tests and the processes they start: small networks gain nothing from more, and on a machine that
is shared, threads that wait for each other make a test of a second take a minute."""

import os

os.environ["OMP_NUM_THREADS"] = "1"

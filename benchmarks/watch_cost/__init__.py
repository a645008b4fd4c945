"""What watching costs, whole processes timed, beside what others cost: `python -m benchmarks.watch_cost`."""

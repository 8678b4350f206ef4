"""The measured claims, each reproducible by `python -m benchmarks.run`, peers beside us."""

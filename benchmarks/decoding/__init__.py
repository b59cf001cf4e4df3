"""The sides of `benchmarks/decode.py`: ours, its peers, the machine's limit, and how they are compared."""

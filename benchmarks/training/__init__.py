"""The sides of benchmarks/train.py: our step, the transformers Trainer, and the products that no step can avoid."""

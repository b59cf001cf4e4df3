"""Records to packed rows: sources, the corpus with its ledger, token shards, resumable batches."""

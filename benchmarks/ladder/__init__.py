"""Runs that differ in size or in tokens: their losses and scores, the laws that these follow, pictures."""

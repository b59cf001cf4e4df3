"""Run a script unchanged, but let `generate` write exactly LENGTH symbols: the scripts have no option for it.

Usage: python published_driver.py LENGTH SCRIPT ARGUMENTS
"""

import runpy
import sys
from pathlib import Path

from transformers import GenerationMixin


def main(length: int, script: str, arguments: list[str]) -> None:
    """Fix the length, then run the script as if it had been started by hand."""
    generate = GenerationMixin.generate

    def generate_exactly(*args, **options):
        return generate(*args, **{**options, "min_new_tokens": length, "max_new_tokens": length})

    GenerationMixin.generate = generate_exactly
    sys.argv = [script, *arguments]
    sys.path[0] = str(Path(script).parent)
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3:])

"""How a script of this folder is run from the command line."""

import sys

from cyclopts import App

from scilogos.errors import ScilogosError


def run_app(app: App, script: str) -> None:
    """Run a command line; a user's fault is one line and exit code 2."""
    try:
        app(sys.argv[1:])
    except ScilogosError as error:
        print(f"benchmarks/{script}: {error}", file=sys.stderr)
        raise SystemExit(2) from None

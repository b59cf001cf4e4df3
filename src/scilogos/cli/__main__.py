"""`python -m scilogos.cli` is `logos`."""

from scilogos.cli import main

main()

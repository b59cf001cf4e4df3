"""A line says how far the work has come."""

import io

from scilogos.progress import Progress


def test_progress_ends_with_a_whole_line():
    stream = io.StringIO()
    progress = Progress("cdr, model", 3, done=1, stream=stream)
    progress.advance(1)
    progress.advance(1)
    assert stream.getvalue().startswith("cdr, model: 3/3, ") and stream.getvalue().endswith("min left\n")

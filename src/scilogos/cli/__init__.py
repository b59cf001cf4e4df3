"""The command `logos`: a verb is parse, one call, print. A user's fault is one line and exit code 2."""

import sys

from cyclopts import App, Parameter

from scilogos.cli import language, tasks, training, work
from scilogos.cli.bench import bench
from scilogos.cli.demo import demo
from scilogos.cli.sites import sites
from scilogos.errors import ScilogosError
from scilogos.version import __version__

__all__ = ["app", "main"]

app = App(
    name="logos",
    help="Proteins, antibodies, molecules, reactions and materials as sentences of one language.",
    version=__version__,
    help_format="plaintext",  # the tags of examples are no markup
    default_parameter=Parameter(negative_iterable=()),  # no --empty-linker beside --linker
)
for _verb in (
    tasks.retro,
    sites,
    tasks.ligands,
    tasks.materials,
    tasks.edit,
    tasks.cdr,
    language.write,
    language.read,
    language.score,
    work.prepare,
    training.train,
    bench,
    work.models,
    work.doctor,
    demo,
):
    app.command(_verb)


def main() -> None:
    """Run the command line."""
    try:
        app(sys.argv[1:])
    except ScilogosError as error:
        print(f"logos: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    except MemoryError as error:
        print(f"logos: the machine's memory does not suffice{f': {error}' if str(error) else ''}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        print("logos: interrupted; what was saved stays", file=sys.stderr)
        raise SystemExit(130) from None
    except BrokenPipeError:
        sys.stderr.close()
    except OSError as error:  # what the machine refuses: a full disk, a permission, too many open files
        place = f"{error.filename}: " if error.filename else ""
        print(f"logos: {place}{error.strerror or error}", file=sys.stderr)
        raise SystemExit(2) from None

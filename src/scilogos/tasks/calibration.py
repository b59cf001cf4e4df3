"""What was chosen for one checkpoint on validation data: `calibration.json` beside its weights."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from scilogos.errors import CheckpointError, StorageError
from scilogos.model import fingerprint
from scilogos.tasks.binding_site import THRESHOLD

FILE = "calibration.json"


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """Probabilities from which a task calls something; `weights` is the fingerprint of the weights they belong to."""

    weights: str = ""
    site_threshold: float = THRESHOLD

    @classmethod
    def read(cls, folder: Path) -> "Calibration":
        """Read the calibration of a model's folder; the defaults where there is none."""
        path = folder / FILE
        if not path.is_file():
            return cls()
        try:
            found = cls(**json.loads(path.read_text()))
            if not 0 < found.site_threshold <= 1:
                raise ValueError(f"site_threshold is {found.site_threshold}; expected a probability above 0")
        except (ValueError, TypeError) as error:
            raise CheckpointError(f"{path}: {error}") from None
        return found

    @classmethod
    def of(cls, folder: Path) -> "Calibration":
        """The calibration of a model's weights; the defaults where the file is of others that lay there before."""
        found = cls.read(folder)
        try:
            return found if not found.weights or found.weights == fingerprint(folder) else cls()
        except CheckpointError:  # a server holds the weights
            return found

    def write(self, folder: Path) -> None:
        """Write it whole or not at all."""
        partial = folder / (FILE + ".partial")
        try:
            partial.write_text(json.dumps(asdict(self), indent=2) + "\n")
            partial.replace(folder / FILE)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise StorageError(f"{folder / FILE}: cannot be written ({error.strerror})") from error

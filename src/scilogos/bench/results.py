"""The answers of one task on disk, a checkpoint's or a baseline's: a JSON line an item, appended as they come.

A line carries the fingerprint of the settings it was made under; lines of other settings stay and are not read. Several
processes may write to one file.
"""

import fcntl
import json
from collections.abc import Mapping
from pathlib import Path

from scilogos.bench.held_out import Answer
from scilogos.errors import InputError, StorageError


class Results:
    """Lines of one file under one settings fingerprint, by arm (the model or a baseline) and item."""

    def __init__(self, path: Path, settings: str) -> None:
        self.path, self.settings = path, settings
        self._answers: dict[str, dict[str, Answer]] = {}
        if path.exists():
            self._read()

    def _read(self) -> None:
        with self.path.open("r+b") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            whole = handle.read()
            kept = whole[: whole.rfind(b"\n") + 1]  # a killed run may have left half a line
            if len(kept) < len(whole):
                handle.truncate(len(kept))
        for number, line in enumerate(kept.splitlines(), 1):
            try:
                row = json.loads(line)
                settings, arm, key = row.pop("settings"), row.pop("arm"), row.pop("key")
            except (ValueError, KeyError, TypeError, AttributeError):
                cure = "not a line of results; delete the file to begin anew"
                raise InputError(cure, path=self.path, line=number) from None
            if settings == self.settings:
                self._answers.setdefault(arm, {})[key] = row

    def answers(self, arm: str) -> Mapping[str, Answer]:
        """The answers of an arm by item key."""
        return self._answers.setdefault(arm, {})

    def add(self, arm: str, answers: Mapping[str, Answer]) -> None:
        """Append answers by item key; StorageError where the disk refuses.

        One that is `passing` is not written: another time, such as when a machine is less busy, it may be another.
        """
        kept = {key: answer for key, answer in answers.items() if not answer.get("passing")}
        rows = [{"settings": self.settings, "arm": arm, "key": key, **answer} for key, answer in kept.items()]
        write_text(self.path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), mode="a")
        self._answers.setdefault(arm, {}).update(answers)


def write_text(path: Path, text: str, *, mode: str = "w") -> None:
    """Write or append a text, its folder made if need be; StorageError where the disk refuses."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open(mode, encoding="utf-8") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)
            handle.write(text)
    except OSError as error:
        raise StorageError(f"{path}: cannot be written: {error.strerror or error}") from error

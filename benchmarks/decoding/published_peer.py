"""The published LOGOS inference scripts, run as they are from a folder that the user has; nothing of it is kept here.

They draw in batches, or one by one, and read every answer a second time for its perplexity: all of that is their time.
"""

import json
import os
import re
import subprocess
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from tempfile import TemporaryDirectory

from decoding.cases import Case
from decoding.pairs import Work
from scilogos.errors import MissingError

DRIVER = Path(__file__).with_name("published_driver.py")
SCRIPTS = {
    "retro": ("reversereact_gen.py", lambda text: {"test_input": text, "groundtruth": ""}),
    "site": ("pocket_gen.py", lambda text: {"id": "0", "text": text}),
}
_ELAPSED = re.compile(r"^Elapsed time: ([\d.]+)s$", re.MULTILINE)  # after the model is loaded


class Published:
    """A script of the folder, started anew for every measurement; every answer has the mean length."""

    def __init__(self, checkpoint: Path, folder: Path | None, python: Path) -> None:
        if folder is None:
            raise MissingError("no --published FOLDER was given, a checkout of the published LOGOS repository")
        for name, _ in SCRIPTS.values():
            if not (folder / name).is_file():
                raise MissingError(f"{folder}: there is no {name}; expected the published LOGOS repository")
        needs = subprocess.run([python, "-c", "import accelerate, rdkit, tqdm, transformers"], capture_output=True)
        if needs.returncode:
            raise MissingError(f"{python} lacks a package of the scripts: {_last_line(needs.stderr.decode())}")
        self.checkpoint, self.folder, self.python = checkpoint, folder, python

    def write(self, case: Case, lengths: Sequence[int]) -> Work:
        """Draw as many answers."""
        length = round(fmean(lengths))
        script, record = SCRIPTS[case.name]
        with TemporaryDirectory() as place:
            data = Path(place) / "data.jsonl"
            data.write_text(json.dumps(record(case.text)) + "\n")
            options = {
                "data_file": data,
                "model_path": self.checkpoint,
                "results_dir": place,
                "num_samples": len(lengths),
                "temperature": case.sampling.temperature,
                "top_p": case.sampling.top_p,
                "repetition_penalty": 1.0,
                "model_type": "qwen",  # takes the pad symbol of the tokenizer, not that of Llama 3
            }
            words = [str(word) for key, value in options.items() for word in (f"--{key}", value)]
            ran = subprocess.run(
                [self.python, DRIVER, str(length), self.folder / script, *words],
                capture_output=True,
                text=True,
                env={"HF_HUB_OFFLINE": "1"} | os.environ,
            )
            elapsed = _ELAPSED.search(ran.stdout)
            if ran.returncode or elapsed is None:
                raise MissingError(f"{script} ended with {ran.returncode}: {_last_line(ran.stderr)}")
            written = sum(len(path.read_text().splitlines()) for path in Path(place).glob("*/**/*.jsonl"))
            assert written == len(lengths), f"{script} wrote {written} answers, expected {len(lengths)}"
        return Work((length,) * len(lengths), float(elapsed[1]))


def _last_line(text: str) -> str:
    return next(iter(reversed(text.strip().splitlines())), "it said nothing")

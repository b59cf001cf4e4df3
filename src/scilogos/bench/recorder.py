"""An engine that remembers what it drew, for the counts that a ranking no longer shows."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

from scilogos.decode import Completion, Engine, Prompt, Sampling
from scilogos.decode.served import ServedEngine
from scilogos.errors import ScilogosError
from scilogos.grammar import Complex, Material, Retro, Sentence, parse
from scilogos.grammar.constraints import FilledLoops
from scilogos.science import is_valid


class Recorder:
    """The same engine, of this process or of vLLM; `drawn` holds every prompt with its completions."""

    def __init__(self, engine: Engine | ServedEngine) -> None:
        self.engine = engine
        self.drawn: list[tuple[Prompt, list[Completion]]] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self.engine, name)

    def complete(
        self, prompts: Sequence[Prompt], n: int, sampling: Sampling = Sampling(), *, seed: int = 0
    ) -> list[list[Completion]]:
        """Complete as the engine does, and remember."""
        groups = self.engine.complete(prompts, n, sampling, seed=seed)
        self.drawn += zip(prompts, groups, strict=True)
        return groups

    def sentences(self, start: int = 0, end: int | None = None) -> list[Sentence | None]:
        """What the completions of the prompts from `start` to `end` say; None for one that does not parse."""
        return [
            _sentence(self.codec.decode(prompt.tokens) + completion.text + _behind(prompt))
            for prompt, completions in self.drawn[start:end]
            for completion in completions
        ]


def _behind(prompt: Prompt) -> str:
    """What of the answer nobody chose and nobody drew."""
    rule = prompt.guide.constraint
    return rule.behind if isinstance(rule, FilledLoops) else ""


def _sentence(text: str) -> Sentence | None:
    try:
        return parse(text)
    except ScilogosError:
        return None


def drawn_molecules(sentence: Sentence) -> list[str]:
    """The SMILES that the answer of a sentence holds."""
    match sentence:
        case Retro(reactants=reactants):
            return [molecule.smiles for molecule in reactants]
        case Complex(ligand=ligand):
            return [ligand.smiles]
        case Material(linkers=linkers):
            return [linker.smiles for linker in linkers]
    return []


def tally(sentences: Sequence[Sentence | None]) -> dict[str, int | list[str]]:
    """Count completions drawn and parsed, those whose molecules RDKit all accepts, and molecules; name refused ones."""
    read = [sentence for sentence in sentences if sentence is not None]
    molecules = [drawn_molecules(sentence) for sentence in read]
    refused = [[smiles for smiles in some if not is_valid(smiles)] for some in molecules]
    number = sum(map(len, molecules))
    return {
        "drawn": len(sentences),
        "parsed": len(read),
        "sound": sum(not some for some in refused),
        "molecules": number,
        "accepted": number - sum(map(len, refused)),
        "refused": list(chain(*refused))[:5],
    }

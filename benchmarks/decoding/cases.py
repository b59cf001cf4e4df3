"""The two prompts that are measured, each with its task's own constraint, budget and sampling rule."""

from collections.abc import Callable
from dataclasses import dataclass

from scilogos.decode import Engine, Prompt, Sampling
from scilogos.tasks import binding_site, retrosynthesis

VENETOCLAX = (
    "CC1(C)CCC(CN2CCN(c3ccc(C(=O)NS(=O)(=O)c4ccc(NCC5CCOCC5)c([N+](=O)[O-])c4)c(Oc4cnc5[nH]ccc5c4)c3)CC2)"
    "=C(c2ccc(Cl)cc2)C1"
)
# The main protease of SARS-CoV-2, residues 1 to 300.
PROTEASE = (
    "SGFRKMAFPSGKVEGCMVQVTCGTTTLNGLWLDDVVYCPRHVICTSEDMLNPNYEDLLIRKSNHNFLVQAGNVQLRVIGHSMQNCVLKLKVDTANPKTPKYKFVRI"
    "QPGQTFSVLACYNGSPSGVYQCAMRPNFTIKGSFLNGSCGSVGFNIDYDCVSFCYMHHMELPTGVHAGTDLEGNFYGPFVDRQTAQAAGTDTTITVNVLAWLYAAV"
    "INGDRWFLNRFTTTLNDFNLVAMKYNYEPLTQDHVDILGPLSAQTGIAVLDMCASLKELLQNGMNGRTILGSALLEDEFTPFDVVRQC"
)
SITE_SAMPLES = 40


@dataclass(frozen=True)
class Case:
    """One prompt: its text, what the engine is asked, and the rule by which all sides draw."""

    name: str
    text: str
    prompt: Prompt
    sampling: Sampling
    symbols: tuple[int, ...]  # the prompt's numbers with those that begin a text, as the model reads them
    end: int


def retro(engine: Engine, most: int | None = None) -> Case:
    """Venetoclax and what it is made from; answers of at most so many symbols (default: the task's budget)."""
    text = retrosynthesis.prompt(VENETOCLAX)
    tokens = tuple(engine.codec.encode(text))
    budget = retrosynthesis.BUDGET_FACTOR * len(tokens) + retrosynthesis.BUDGET_SLACK
    prompt = Prompt(tokens, engine.guide(retrosynthesis.constraint(engine, VENETOCLAX)), min(budget, most or budget))
    return _case("retro", engine, text, prompt, retrosynthesis.SAMPLING)


def site(engine: Engine, most: int | None = None) -> Case:
    """A chain of 300 residues and its binding site; the answer copies the chain, so `most` does not shorten it."""
    text = binding_site.prompt([PROTEASE])
    tokens = tuple(engine.codec.encode(text))
    prompt = Prompt(tokens, engine.guide(binding_site.constraint([PROTEASE])), 3 * len(PROTEASE) + 2, choices=True)
    return _case("site", engine, text, prompt, binding_site.SAMPLING)


def _case(name: str, engine: Engine, text: str, prompt: Prompt, sampling: Sampling) -> Case:
    begun, end = tuple(engine.codec.begun(prompt.tokens)), engine.codec.vocabulary.end
    return Case(name, text, engine.fitted(prompt), sampling, begun, end)


CASES: dict[str, Callable[[Engine, int | None], Case]] = {"retro": retro, "site": site}

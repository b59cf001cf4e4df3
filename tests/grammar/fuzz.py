"""Damage sentences at random and hold parser, writer, automaton and codec to each other.

By hand: PYTHONPATH=src python -m tests.grammar.fuzz --count 1000000 --seed 7
"""

import argparse
import random
from collections import Counter

from scilogos.errors import ParseError
from scilogos.grammar import Automaton, Symbol, parse, symbols, write
from scilogos.grammar.tags import TAGS
from scilogos.tokens import default

CODEC = default()
WHOLE = CODEC.vocabulary.whole
AUTOMATON = Automaton(WHOLE)
ALPHABET = [s for s in CODEC.vocabulary.symbols if s]
# Symbols of no vocabulary.
STRANGE = [("smiles", "[13CH3]"), ("spell", "<"), ("residue", "B"), ("net", "P"), ("tag", "<Foo>")]
STRANGE = [Symbol(*strange) for strange in STRANGE]
CHARACTERS = "ACDEFGHIKLMNPQRSTVWYXBZclbrnos[]()@+-=#$:/\\.%0123456789<>*Hé \n"

_M, _K = "<MoleculeS>CC(=O)Nc1ccc(O)cc1<MoleculeE>", "<MoleculeS>[Co@OH24+2](/C=C\\%11)[13CH3].[Na+].C%11<MoleculeE>"
_P, _Q = "<ProteinS>MKXLC<ProteinE>", "<ProteinS>M<PocketS>K<PocketE><PocketS>X<PocketE>LC<ProteinE>"
_E = "<ProteinS>M<PocketS>NCCCC[C@H](N)C(=O)O<PocketE><PocketS>X<PocketE>L<PocketS>NCC(=O)O<PocketE>C<ProteinE>"
_X = "<ProteinS><PocketS>X<PocketE><ProteinE>"
_A, _F = "<AntibodyS>EVQLXC<AntibodyE>", "<AntibodyS>EV<CdrS>QL<CdrE><CdrS>X<CdrE>C<AntibodyE>"
_G = "<AntibodyS>EV<CdrS><Gap><CdrE><CdrS><Gap><CdrE>C<AntibodyE>"
_N = "<MetalS>[Zn]<MetalE><MetalS>[O-]C12[Zr+4]1[nH]2<MetalE>"
SENTENCES = (
    _P, _Q, _E, _X, _A, _F, _G, _M, _K,
    f"<MaterialS>{_N}{_M}<MaterialE>", f"<MaterialS>{_N}{_M}{_K}<NetS>pcu-a<NetE><MaterialE>",
    f"{_P}{_P}<Search>{_Q}{_P}", f"{_P}<Search>{_X}", f"{_Q}{_X}<Trans>{_E}{_X}", f"{_P}{_P}{_M}", f"{_Q}{_X}{_M}",
    f"{_E}{_X}{_P}{_K}", f"{_M}{_K}<React>{_M}", f"{_M}<ReverseReact>{_K}{_M}",
    f"{_M}<ReverseReact><MoleculeS>N<MoleculeE>",
    f"{_G}<Design>{_F}", f"{_P}{_Q}{_G}{_A}<Design>{_F}{_A}", f"{_A}<Design>{_A}", f"{_P}<Edit>{_P}",
)  # fmt: skip


def damage(text: str, rng: random.Random) -> str:
    """Change a text in one to three places: characters, tags, a cut, or a splice with another sentence."""
    for _ in range(rng.choice((1, 1, 1, 2, 3))):
        i, j = sorted(rng.randrange(len(text) + 1) for _ in range(2))
        piece = rng.choice((*TAGS, *rng.choices(CHARACTERS, k=30)))
        other = rng.choice(SENTENCES)
        text = rng.choice(
            (
                text[:i] + piece + text[i:],
                text[:i] + text[i + 1 :],
                text[:i] + piece + text[i + 1 :],
                text[:i] + text[i + 1 : i + 2] + text[i : i + 1] + text[i + 2 :],
                text.replace(rng.choice(TAGS), rng.choice((piece, "")), 1),
                text[:i],
                text[:i] + text[i:j] + text[i:],
                text[:i] + other[rng.randrange(len(other)) :],
            )
        )
    return text


def damage_symbols(found: list[Symbol], rng: random.Random) -> list[Symbol]:
    """Change a list of symbols in one or two places, by kind too: a residue C may become an atom C."""
    for _ in range(rng.choice((1, 1, 2))):
        i = rng.randrange(len(found) + 1)
        here = found[i : i + 1]
        same_text = [s for s in ALPHABET if here and s.text == here[0].text]
        new = rng.choice((rng.choice(ALPHABET), rng.choice(STRANGE), *same_text, *same_text))
        found = rng.choice(
            (
                found[:i] + [new] + found[i:],
                found[:i] + found[i + 1 :],
                found[:i] + [new] + found[i + 1 :],
                found[:i] + found[i + 1 : i + 2] + here + found[i + 2 :],
                found[:i] + [Symbol("spell", c) for s in here for c in s.text] + found[i + 1 :],
            )
        )
    return found


def cut(text: str) -> list[Symbol] | None:
    try:
        return symbols(text, WHOLE)
    except ParseError as error:
        check_error(error, text)
        return None


def check_error(error: ParseError, text: str) -> None:
    assert error.text == text and 0 <= error.position <= len(text) and error.expected and error.found, (text, error)


def check_text(text: str) -> bool:
    """Parse, and hold everything else to it; return whether the text is a sentence."""
    found = cut(text)
    accepted = found is not None and AUTOMATON.accepts(found)
    try:
        sentence = parse(text)
    except ParseError as error:
        check_error(error, text)
        assert not accepted, f"the automaton accepts what the parser refuses: {text!r}: {error}"
        return False
    assert accepted, f"the parser accepts what the automaton refuses: {text!r}"
    assert write(sentence) == text, text
    assert parse(write(sentence)) == sentence, text
    assert CODEC.decode(CODEC.encode(text)) == text, text
    return True


def check_symbols(found: list[Symbol]) -> bool:
    """The automaton accepts a list exactly when it is the canonical cut of a sentence."""
    text = "".join(s.text for s in found)
    canonical = cut(text) == found
    assert AUTOMATON.accepts(found) == (canonical and check_text(text)), found
    return canonical


def run(count: int, seed: int) -> Counter[str]:
    """Check as many damaged texts and, for every fourth of them, a damaged list of symbols."""
    rng, tally = random.Random(seed), Counter()
    cuts = [symbols(text, WHOLE) for text in SENTENCES]
    for i in range(count):
        tally["sentences" if check_text(damage(rng.choice(SENTENCES), rng)) else "refused"] += 1
        if i % 4 == 0:
            tally["canonical" if check_symbols(damage_symbols(rng.choice(cuts), rng)) else "not canonical"] += 1
    return tally


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=100_000)
    arguments.add_argument("--seed", type=int, default=0)
    print(dict(run(**vars(arguments.parse_args()))))

"""Constraints as regular expressions: no legal answer is shut out, and what is carried whole shuts out all others."""

import random
import re

import pytest

from scilogos.decode.served.expressions import Expressions
from scilogos.grammar import Antibody
from scilogos.grammar.constraints import Bounds, FilledLoops, MarkedCopy, Materials, Molecules, Substitutions
from scilogos.grammar.symbols import symbols
from scilogos.tokens import Guide
from scilogos.tokens.export import piece
from tests.fakes import CODEC
from tests.grammar.drugs import DRUGS
from tests.published import small_codec

WHOLE = CODEC.vocabulary.whole
GAPPED = Antibody("EVQLVESGYYYWGQ", ((2, 4), (6, 9))).opened()
RULES = {
    "marked": MarkedCopy(("MKV", "X")),
    "loops": FilledLoops((GAPPED,), ((1, 2), (2, 4))),
    "inner loops": FilledLoops((GAPPED,), ((1, 2), (2, 4)), inner=True),
    "substitutions": Substitutions("MKVL", 2, 1, frozenset({0, 3})),
    "molecules": Molecules(1, 3),
    "bounded": Molecules(bounds=Bounds(elements=frozenset({"C", "N"}), most_atoms=5)),
    "materials": Materials(WHOLE),
    "known": Materials(WHOLE, frozenset({"[Zn]", "[Cu][Cu]", "[13Zn]"}), linkers=("O=C([O-])C", "[13CH4]")),
}
CARRIED = ("marked", "loops", "inner loops")


@pytest.fixture(scope="module")
def expressions() -> Expressions:
    return Expressions(CODEC.vocabulary)


def walk(rule, chance: random.Random, budget: int = 60) -> list[int]:
    """A legal answer by chance."""
    guide, found = Guide(rule, CODEC.vocabulary), []
    state = guide.start
    while True:
        token = chance.choice(guide.within(state, budget - len(found)).nonzero()[0].tolist())
        if token == CODEC.vocabulary.end:
            return found
        found.append(token)
        state = guide.step(state, token)


def pieces(tokens) -> str:
    """The text of tokens as the exported tokenizer has it."""
    return "".join(piece(*CODEC.vocabulary.symbols[token]) for token in tokens)


@pytest.mark.parametrize("name", RULES)
def test_no_legal_answer_is_shut_out(expressions, name):
    expression = re.compile(expressions.write(RULES[name]))
    plain = re.compile(Expressions(small_codec().vocabulary).write(RULES[name]))
    chance = random.Random(name)
    for _ in range(30):
        tokens = walk(RULES[name], chance)
        text = CODEC.decode(tokens)
        hydrogen = name == "bounded" and "[H" in text
        assert hydrogen or expression.fullmatch(pieces(tokens)), text
        assert hydrogen or "<Net" in text or plain.fullmatch(text), text


@pytest.mark.parametrize("name", CARRIED)
def test_what_is_carried_whole_shuts_out_all_else(expressions, name):
    guide, chance = Guide(RULES[name], CODEC.vocabulary), random.Random(name)
    expression = re.compile(expressions.write(RULES[name]))
    for _ in range(300):
        tokens = walk(RULES[name], chance)
        tokens[chance.randrange(len(tokens))] = chance.randrange(1, len(CODEC.vocabulary))
        state = guide.follow(guide.start, tokens)
        legal = state is not None and guide.step(state, CODEC.vocabulary.end) is not None
        assert bool(expression.fullmatch(pieces(tokens))) == legal


def test_drugs_match_and_broken_order_does_not(expressions):
    expression = re.compile(expressions.write(Molecules(1, 2)))
    whole = [smiles for smiles in DRUGS.values() if all(s.kind == "smiles" for s in _cut(smiles))]
    assert len(whole) > 10
    assert all(expression.fullmatch(f"<MoleculeS>{smiles}<MoleculeE>") for smiles in whole)
    for smiles in ("", "=C", "C==C", "C(1", "C.=C", "C(.C)", "C()C", "[Xx]", "C<MoleculeE><MoleculeS>"):
        assert not expression.fullmatch(f"<MoleculeS>{smiles}<MoleculeE>"), smiles


def _cut(smiles: str):
    return symbols(f"<MoleculeS>{smiles}<MoleculeE>", WHOLE)[1:-1]


def test_what_follows_given_nodes(expressions):
    rule = Materials(WHOLE, linkers=("CC",))
    expression = re.compile(expressions.write(rule, "<MaterialS><MetalS>[Zn]<MetalE>"))
    assert expression.fullmatch("<MetalS>[Cu]<MetalE><MoleculeS>CC<MoleculeE><MaterialE>")
    assert expression.fullmatch("<MoleculeS>CC<MoleculeE><MoleculeS>N<MoleculeE><MaterialE>")
    assert not expression.fullmatch("<MoleculeS>N<MoleculeE><MaterialE>")
    assert not expression.fullmatch("<MaterialS><MetalS>[Cu]<MetalE><MoleculeS>CC<MoleculeE><MaterialE>")
    full = "<MaterialS>" + "<MetalS>[Zn]<MetalE>" * rule.most_nodes
    assert not re.fullmatch(expressions.write(rule, full), "<MetalS>[Zn]<MetalE><MoleculeS>CC<MoleculeE><MaterialE>")


def test_where_nothing_can_be_carried_nothing_is(expressions):
    assert expressions.write(Molecules(), "<MoleculeS>C") is None


def test_a_vocabulary_without_the_net_tags_writes_no_net():
    assert "<NetS>" not in Expressions(small_codec().vocabulary).write(Materials(WHOLE))

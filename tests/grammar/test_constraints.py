"""The promises of sampling, met by walks at random: always in budget, always parsed, always what the task allows."""

import random
from collections import Counter, defaultdict

import pytest
from rdkit import Chem, rdBase

from scilogos.errors import PromptError
from scilogos.grammar import Antibody, Material, parse, tags, valence, write
from scilogos.grammar import smiles as smiles_syntax
from scilogos.grammar.constraints import (
    Bounds,
    FilledLoops,
    MarkedCopy,
    Materials,
    Molecules,
    Substitutions,
    elements,
)
from scilogos.grammar.writer import write_all
from scilogos.tokens import Codec, Guide, scratch

VOCABULARY = scratch()
TEXTS = ["" if symbol is None else symbol.text for symbol in VOCABULARY.symbols]
LETTERS = "ACDEFGHIKLMNPQRSTVWYX"
NODES = ("[Zn]", "[Zn][O]([Zn])([Zn])[Zn]", "[Cu][Cu]", "[Xe][Zn]")
USUAL = frozenset("C c N n O [nH] ( ) 1 2 3 = <NetS> <PocketS> <PocketE> <CdrE> <MetalE>".split())  # drawn more often
VH = Antibody("EVQLVESGGGLVQ", ((3, 3), (9, 9)))


def word(rng: random.Random) -> str:
    return "".join(rng.choices(LETTERS, k=rng.randint(1, 12)))


def walk(guide: Guide, rng: random.Random, spare: int, hurry: float) -> str:
    """Write an answer in the least budget and so many spare symbols, checking each promise of `within` on the way."""
    state, left, tokens = guide.start, guide.distance(guide.start) + spare, []
    while True:
        legal = guide.within(state, left).nonzero()[0].tolist()
        assert legal, "".join(TEXTS[t] for t in tokens)
        if VOCABULARY.end in legal and (rng.random() < 0.3 or len(legal) == 1):
            assert guide.follow(guide.start, tokens) == state
            return "".join(TEXTS[t] for t in tokens)
        pool = [t for t in legal if t != VOCABULARY.end]
        usual = [t for t in pool if TEXTS[t] in USUAL] if rng.random() < 0.8 else pool
        picked = sorted(set(rng.choices(usual or pool, k=4)))
        afters = [guide.step(state, token) for token in picked]
        here = guide.distance(state)
        reached = [guide.distance(after) for after in afters]
        assert all(there - here <= guide.constraint.stretch for there in reached)
        i = reached.index(min(reached)) if rng.random() < hurry else rng.randrange(len(picked))
        tokens, state, left = [*tokens, picked[i]], afters[i], left - 1
        assert left >= guide.distance(state)


def some_way_shortens(guide: Guide, rng: random.Random) -> None:
    """From the start to the end, each time along a legal symbol that lowers the distance."""
    state = guide.start
    while guide.distance(state):
        legal = guide.within(state, guide.distance(state)).nonzero()[0]
        state = guide.step(state, int(rng.choice(legal)))
    assert guide.mask(state)[VOCABULARY.end]


def answers(constraint, seed: int, count: int = 12):
    rng, guide = random.Random(seed), Guide(constraint, VOCABULARY)
    for _ in range(count):
        yield walk(guide, rng, rng.choice((0, 1, 5, 30, 90)), rng.choice((0.0, 0.5)))
    some_way_shortens(guide, rng)


def test_marked_copies_keep_the_residues():
    rng = random.Random(1)
    for seed in range(10):
        chains = tuple(word(rng) for _ in range(rng.randint(1, 3)))
        prompt = "".join(f"<ProteinS>{chain}<ProteinE>" for chain in chains) + tags.SEARCH
        for answer in answers(MarkedCopy(chains), seed):
            marked = parse(prompt + answer).marked
            assert tuple(chain.residues for chain in marked) == chains


def test_substitutions_are_counted_and_kept_to_their_positions():
    rng, counts = random.Random(2), set()
    for seed in range(12):
        parent = word(rng) * 2
        positions = frozenset(rng.sample(range(len(parent)), rng.randint(1, len(parent)))) if seed % 3 else None
        most = rng.randint(0, len(parent))
        least = rng.randint(0, min(most, len(positions or parent)))
        for answer in answers(Substitutions(parent, most, least, positions), seed):
            variant = parse(f"<ProteinS>{parent}<ProteinE><Edit>{answer}").variant.residues
            changed = {i for i, (a, b) in enumerate(zip(parent, variant, strict=True)) if a != b}
            assert least <= len(changed) <= most and changed <= (positions or set(range(len(parent))))
            counts.add(len(changed))
    assert len(counts) > 4


def test_loops_are_filled_within_bounds_and_the_framework_stands():
    rng, partner = random.Random(3), Antibody("DIQMTQ")
    for seed in range(10):
        bounds = tuple((low, low + rng.randint(0, 4)) for low in (rng.randint(1, 5), rng.randint(1, 3)))
        gapped = (VH, partner) if seed % 2 else (partner, VH)
        for answer in answers(FilledLoops(gapped, bounds), seed):
            filled = parse(write_all(gapped) + tags.DESIGN + answer).filled
            assert tuple(antibody.opened() for antibody in filled) == gapped
            loops = [s for antibody in filled for s in antibody.loops]
            assert all(low <= e - s <= high for (s, e), (low, high) in zip(loops, bounds, strict=True))
            assert "X" not in "".join(antibody.residues for antibody in filled)


@pytest.mark.parametrize("gapped", [(VH,), (Antibody("DIQMTQ"), VH), (VH, Antibody("DIQMTQ"))])
def test_the_inner_part_is_what_the_framework_does_not_settle(gapped):
    whole, inner = (FilledLoops(gapped, ((1, 2), (2, 3)), inner) for inner in (False, True))
    written = {inner.before + answer + inner.behind for seed in range(40) for answer in answers(inner, seed)}
    guide = Guide(whole, VOCABULARY)
    for text in written:
        state = guide.follow(guide.start, Codec(VOCABULARY).encode(text))
        assert state is not None and guide.mask(state)[VOCABULARY.end], text
    assert len(written) > 20 and (whole.before, whole.behind) == ("", "")
    assert inner.before.endswith(tags.CDR_S) and inner.distance(inner.start) == 3 + len(inner.template) - 2


def counts(text: str) -> tuple[int, int]:
    """Heavy atoms and rings, by RDKit where it reads the text and else by cutting it."""
    with rdBase.BlockLogs():
        molecule = Chem.MolFromSmiles(text)
    if molecule is not None:
        heavy = molecule.GetNumHeavyAtoms()
        # RDKit may keep or drop an explicit hydrogen: atoms and bonds are counted alike
        return heavy, molecule.GetNumBonds() - molecule.GetNumAtoms() + len(Chem.GetMolFrags(molecule))
    cut = smiles_syntax.cut(text)
    heavy = sum(s[0].isalpha() or s[0] == "[" for s in cut) - sum(s.startswith("[H") and s[2] in "]+-" for s in cut)
    return heavy, sum(s in smiles_syntax.RING_NUMBERS for s in cut) // 2


def brought(texts: list[str]) -> Counter[str]:
    return Counter(element for text in texts for element in elements(text, VOCABULARY.whole))


def molecules(answer: str) -> list[str]:
    found = parse("<MoleculeS>C<MoleculeE><ReverseReact>" + answer).reactants
    return [molecule.smiles for molecule in found]


LIDOCAINE = ("C",) * 14 + ("N",) * 2 + ("O",)
PERFLUORO = ("Br", *("C",) * 6, *("F",) * 13)


@pytest.mark.parametrize("supply", [(), ("B",), ("C", "Cl", "Sn", "Si", "N", "P"), LIDOCAINE, PERFLUORO, ("O",) * 20])
def test_reactants_are_so_many_and_supply_the_atoms(supply):
    for least, most in ((1, 4), (2, 3), (1, 1)):
        for answer in answers(Molecules(least, most, supply), 4, 5):
            texts = molecules(answer)
            assert least <= len(texts) <= most and brought(texts) >= Counter(supply)


def test_an_atom_counts_once():
    constraint, text = Molecules(1, 1, ("C", "C", "N")), "<MoleculeS>C{}N<MoleculeE>"
    guide, codec = Guide(constraint, VOCABULARY), Codec(VOCABULARY)
    assert guide.follow(guide.start, codec.encode(text.format(""))) is None
    assert guide.follow(guide.start, codec.encode(text.format("C"))) is not None
    assert guide.follow(guide.start, codec.encode(text.format("[13C]"))) is None


@pytest.mark.parametrize(
    "bounds",
    [
        Bounds(most_atoms=9),
        Bounds(least_atoms=8, most_atoms=8, most_rings=1),
        Bounds(least_atoms=12, most_rings=0),
        Bounds(elements=frozenset("CNO"), most_atoms=25, most_rings=3),
        Bounds(most_rings=2),
    ],
)
def test_ligands_stay_within_bounds(bounds):
    rings_seen = set()
    for answer in answers(Molecules(1, 1, bounds=bounds), 5, 25):
        (text,) = molecules(answer)
        atoms, rings = counts(text)
        rings_seen.add(rings)
        assert bounds.least_atoms <= atoms <= (bounds.most_atoms or atoms), text
        assert rings <= (rings if bounds.most_rings is None else bounds.most_rings), text
        assert bounds.elements is None or brought([text]).keys() <= bounds.elements
    assert bounds.most_rings == 0 or len(rings_seen) > 1


def test_bounds_and_supply_and_several_molecules_go_together():
    constraint = Molecules(2, 3, ("N", "S"), Bounds(least_atoms=4, most_atoms=9, most_rings=1))
    for answer in answers(constraint, 6, 12):
        texts = molecules(answer)
        assert 2 <= len(texts) <= 3 and {"N", "S"} <= brought(texts).keys()
        assert all(4 <= counts(text)[0] <= 9 and counts(text)[1] <= 1 for text in texts)


@pytest.mark.parametrize("known", [None, frozenset(NODES)])
def test_materials_have_their_frame(known):
    constraint = Materials(VOCABULARY.whole, known, most_nodes=3, most_linkers=2)
    guide = Guide(constraint, VOCABULARY)
    nets = set()
    for seed in range(25):
        rng = random.Random(seed)
        material = parse(walk(guide, rng, rng.choice((0, 3, 40, 80)), rng.choice((0.1, 0.9))))
        assert isinstance(material, Material)
        assert 1 <= len(material.nodes) <= 3 and 1 <= len(material.linkers) <= 2
        assert known is None or set(material.nodes) <= known
        nets.add(material.net is not None)
    some_way_shortens(guide, random.Random(0))
    assert nets == {True, False}


def test_known_nodes_allow_nothing_that_syntax_does_not():
    """Post-training chooses among what syntax allows: where more is open, weights that never met it would decide."""
    known, free = (Guide(Materials(VOCABULARY.whole, some), VOCABULARY) for some in (frozenset(NODES), None))
    seen = set()
    for seed in range(25):
        tokens = Codec(VOCABULARY).encode(walk(known, random.Random(seed), 80, 0.1))
        ours, theirs = known.start, free.start
        for token in tokens:
            assert not (known.mask(ours) & ~free.mask(theirs)).any()
            ours, theirs = known.step(ours, token), free.step(theirs, token)
        seen |= set(parse(Codec(VOCABULARY).decode(tokens)).nodes)
    assert seen == set(NODES) - {"[Xe][Zn]"}, "xenon is spelled"


def test_a_long_known_node_is_not_begun_without_room_for_it():
    long = "[Zn]" * 90
    guide = Guide(Materials(VOCABULARY.whole, frozenset({"[Cu]", long})), VOCABULARY)
    zinc = VOCABULARY.ids["smiles", "[Zn]"]
    state = guide.follow(guide.start, [VOCABULARY.ids["tag", "<MaterialS>"], VOCABULARY.ids["tag", "<MetalS>"]])
    assert guide.within(state, 200)[zinc] and not guide.within(state, 80)[zinc]


LINKERS = ("[O-]C=O", "O=C([O-])c1ccc(C(=O)[O-])cc1", "[12CH4]")  # the last is spelled out


@pytest.mark.parametrize("known", [None, frozenset(NODES)])
def test_given_linkers_come_first_and_as_given(known):
    guide = Guide(Materials(VOCABULARY.whole, known, most_nodes=3, most_linkers=5, linkers=LINKERS), VOCABULARY)
    for seed in range(25):
        rng = random.Random(seed)
        material = parse(walk(guide, rng, rng.choice((0, 3, 40, 80)), rng.choice((0.1, 0.9))))
        assert isinstance(material, Material)
        assert tuple(linker.smiles for linker in material.linkers)[:3] == LINKERS and len(material.linkers) <= 5
    some_way_shortens(guide, random.Random(0))


def test_a_material_ends_only_behind_the_given_linkers():
    guide = Guide(Materials(VOCABULARY.whole, linkers=LINKERS), VOCABULARY)
    text = "<MaterialS><MetalS>[Zn]<MetalE>" + "".join(f"<MoleculeS>{linker}<MoleculeE>" for linker in LINKERS)
    more, *ends = (VOCABULARY.ids["tag", tag] for tag in ("<MoleculeS>", "<NetS>", "<MaterialE>"))
    state, may_end = guide.start, []
    for token in (tokens := Codec(VOCABULARY).encode(text)):
        state = guide.step(state, token)
        may_end.append(guide.mask(state)[ends].tolist())
    assert may_end == [[False, False]] * (len(tokens) - 1) + [[True, True]]
    assert guide.mask(state)[more]


@pytest.mark.parametrize(
    "constraint",
    [
        MarkedCopy(("MKX", "A")),
        Substitutions("MKXV", 2, 1, frozenset({0, 2})),
        FilledLoops((VH,), ((1, 2), (1, 3))),
        Molecules(1, 2, ("N", "Cl")),
        Molecules(1, 1, bounds=Bounds(elements=frozenset("CNO"), least_atoms=3, most_atoms=9, most_rings=1)),
        Materials(VOCABULARY.whole),
        Materials(VOCABULARY.whole, frozenset(NODES)),
        Materials(VOCABULARY.whole, linkers=LINKERS),
    ],
    ids=lambda constraint: type(constraint).__name__,
)
def test_symbols_of_one_class_are_interchangeable(constraint):
    valence._forget()  # equal prefixes are one as long as all fit: in a long run of tests the room ends in some test
    rng, classes = random.Random(7), defaultdict(list)
    for symbol in filter(None, VOCABULARY.symbols):
        classes[constraint.classify(symbol)].append(symbol)
    for _ in range(6):
        state = constraint.start
        for _ in range(30):
            afters = {}
            for kind, symbols in classes.items():
                reached = {constraint.step(state, s) for s in [symbols[0], *rng.sample(symbols, min(6, len(symbols)))]}
                assert len(reached) == 1, (kind, state)
                afters[kind] = reached.pop()
            legal = [after for after in afters.values() if after is not None]
            if not legal:
                break
            state = rng.choice(legal)


def test_an_element_that_no_symbol_attaches_is_not_asked_for():
    assert elements("[Ta](Cl)c1ccccc1.[Ir].[Na+].[18F]C", VOCABULARY.whole) == (*("C",) * 7, "Cl", "Na")
    assert elements("[nH]1cccc1[Se]", VOCABULARY.whole) == ("C", "C", "C", "C", "N", "Se")


def test_a_hydrogen_is_no_heavy_atom():
    constraint = Molecules(bounds=Bounds(least_atoms=2))
    state = constraint.start
    for text in ("<MoleculeS>", "[H]", "C"):
        state = constraint.step(state, VOCABULARY.symbols[VOCABULARY.ids["tag" if text[0] == "<" else "smiles", text]])
    assert constraint.step(state, VOCABULARY.symbols[VOCABULARY.ids["tag", "<MoleculeE>"]]) is None
    assert Molecules().step(state, VOCABULARY.symbols[VOCABULARY.ids["tag", "<MoleculeE>"]]) is not None


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda: Substitutions("MKV", 1, 2), "2 to 1 substitutions"),
        (lambda: Substitutions("MKV", 3, 2, frozenset({1})), "at 1 allowed positions"),
        (lambda: Substitutions("MKV", 1, 0, frozenset({3})), "position 4 lies outside a chain of 3 residues"),
        (lambda: Substitutions("MKV", 1, 0, frozenset({-1, 1})), "position 0 lies outside"),
        (lambda: FilledLoops((VH,), ((1, 2),)), "1 length bounds for 2 gaps"),
        (lambda: FilledLoops((VH,), ((0, 2), (1, 1))), "loop length 0 to 2"),
        (lambda: FilledLoops((Antibody("DIQ"),), inner=True), "no gap to fill"),
        (lambda: Bounds(elements=frozenset("NO")), "carbon must be among them"),
        (lambda: Bounds(least_atoms=5, most_atoms=4), "5 to 4 atoms"),
        (lambda: Bounds(least_atoms=-1), "-1 to None atoms"),
        (lambda: Bounds(most_rings=-1), "-1 rings"),
        (lambda: Materials(VOCABULARY.whole, frozenset()), "no known node"),
        (lambda: Materials(VOCABULARY.whole, frozenset({"[Xe][Zn]", "[OH3][Yb]"})), r"known nodes \[OH3\]\[Yb\], "),
        (lambda: Materials(VOCABULARY.whole, linkers=("C",) * 7), "7 linkers are given: a material has 6 at most"),
    ],
)
def test_what_cannot_be_asked_is_refused(make, told):
    with pytest.raises(PromptError, match=told):
        make()


def test_the_partner_without_a_gap_is_copied():
    assert write(VH).count(tags.GAP) == 2
    guide = Guide(FilledLoops((Antibody("DIQ"),)), VOCABULARY)
    tokens = [int(guide.mask(guide.start).argmax())]
    while not guide.mask(state := guide.follow(guide.start, tokens))[VOCABULARY.end]:
        assert guide.mask(state).sum() == 1
        tokens.append(int(guide.mask(state).argmax()))
    assert "".join(TEXTS[t] for t in tokens) == "<AntibodyS>DIQ<AntibodyE>"

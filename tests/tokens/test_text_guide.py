"""A guide over a grown tokenizer: legal is a token whose text the constraint allows, no more and no less."""

import random
from functools import cache

import pytest

from scilogos.grammar import parse, tags
from scilogos.grammar.constraints import Bounds, MarkedCopy, Materials, Molecules
from scilogos.tokens import Guide, Guides, TextGuide
from tests.published import small_codec, true_codec

CODEC = small_codec()
VOCABULARY = CODEC.vocabulary
WHOLE = VOCABULARY.whole
NODE, LINKER = "[Zn][O-][235U]", "O=C(O)c1ccc([13CH3])cc1"
CONSTRAINTS = {
    "molecules": Molecules(1, 2, frozenset({"N", "Cl"})),
    "bounded": Molecules(bounds=Bounds(elements=frozenset("CNO"), most_atoms=9, most_rings=2)),
    "copy": MarkedCopy(("MKVLAAGIV", "CC")),
    "free material": Materials(WHOLE),
    "known nodes": Materials(WHOLE, frozenset({NODE, "[Zr]"}), most_nodes=2),
    "given linker": Materials(WHOLE, most_nodes=1, most_linkers=2, linkers=(LINKER,)),
}


class Oracle:
    """Whether an answer may begin with a text, from the definition: cut it, follow it, complete what is left over."""

    def __init__(self, constraint) -> None:
        self.guide = Guide(constraint, VOCABULARY.alphabet)
        self.texts = {s.text: s for s in VOCABULARY.alphabet.ids}

    def allows(self, text: str) -> bool:
        return any(self._follows(text[: len(text) - n], text[len(text) - n :]) for n in range(min(len(text), 9) + 1))

    @cache  # noqa: B019, one oracle a test
    def _states(self, text: str) -> frozenset[int]:
        """The states that a text of whole symbols can lead to, by any cutting into symbols."""
        if not text:
            return frozenset({self.guide.start})
        found = set()
        for symbol, token in VOCABULARY.alphabet.ids.items():
            if text.endswith(symbol.text):
                before = self._states(text[: -len(symbol.text)])
                found |= {self.guide.step(number, token) for number in before} - {None}
        return frozenset(found)

    def _follows(self, head: str, tail: str) -> bool:
        states = self._states(head)
        if not tail or not states:
            return bool(states)
        longer = [
            token
            for symbol, token in VOCABULARY.alphabet.ids.items()
            if symbol.kind != "tag" and symbol.text.startswith(tail) and symbol.text != tail
        ]
        return any(self.guide.step(number, token) is not None for number in states for token in longer)


def payload_texts() -> dict[int, str]:
    added = VOCABULARY.tokenizer.get_added_tokens_decoder()
    texts = {token: text for text, token in VOCABULARY.tokenizer.get_vocab().items() if token not in added}
    return texts | {token: tag for tag, token in VOCABULARY.tags.items()}


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_masks_are_the_constraint_on_text(name):
    constraint, texts, rng = CONSTRAINTS[name], payload_texts(), random.Random(1)
    guide, oracle = TextGuide(constraint, VOCABULARY), Oracle(constraint)
    for _ in range(2):
        state, text = guide.start, ""
        for _ in range(11):
            legal = guide.mask(state).nonzero()[0].tolist()
            assert [token for token in legal if token != VOCABULARY.end] == sorted(
                token for token, piece in texts.items() if oracle.allows(text + piece)
            ), text
            assert all(guide.step(state, t) is None for t in (0, 5, VOCABULARY.size - 1) if t not in legal)
            token = rng.choice(legal)
            if token == VOCABULARY.end:
                break
            state, text = guide.step(state, token), text + texts[token]


@pytest.mark.parametrize("name", CONSTRAINTS)
@pytest.mark.parametrize("codec", ["small", "llama3"])
def test_a_budget_always_suffices(name, codec):
    codec = CODEC if codec == "small" else true_codec(codec)
    guide, rng = Guides(codec.vocabulary)(CONSTRAINTS[name]), random.Random(2)
    for spare in (0, 3, 25):
        state, tokens = guide.start, []
        budget = guide.distance(guide.start) + spare
        while not tokens or tokens[-1] != codec.vocabulary.end:
            legal = guide.within(state, budget - len(tokens)).nonzero()[0].tolist()
            assert legal, codec.decode(tokens)
            fresh = TextGuide(CONSTRAINTS[name], codec.vocabulary) if codec is CODEC else guide
            asked = rng.sample(range(codec.vocabulary.size), 20) + legal[:20]
            at = fresh.follow(fresh.start, tokens)
            assert all(fresh.fits(at, t, budget - len(tokens)) == (t in legal) for t in asked)
            tokens.append(rng.choice(legal))
            state = guide.step(state, tokens[-1])
        assert state == guide.done and len(tokens) <= budget + 1
        text = codec.decode(tokens)
        prompt = "".join(f"<ProteinS>{c}<ProteinE>" for c in ("MKVLAAGIV", "CC")) + "<Search>" if name == "copy" else ""
        prompt = "<MoleculeS>C<MoleculeE><ReverseReact>" if name in ("molecules", "bounded") else prompt
        parse(prompt + text)


def follow(guide: TextGuide, *pieces: str) -> int:
    numbers = VOCABULARY.tokenizer.get_vocab()
    state = guide.follow(guide.start, [numbers[piece] for piece in pieces])
    assert state is not None, pieces
    return state


def test_a_symbol_may_be_written_in_pieces():
    guide, numbers = TextGuide(Molecules(), VOCABULARY), VOCABULARY.tokenizer.get_vocab()
    carbon = follow(guide, "<MoleculeS>", "C")
    chlorine = guide.step(carbon, numbers["l"])
    assert chlorine is not None and guide.step(chlorine, numbers["l"]) is None
    assert guide.step(carbon, numbers["<MoleculeE>"]) is not None
    half = follow(guide, "<MoleculeS>", "C", "[", "C", "@")
    assert guide.step(half, numbers["<MoleculeE>"]) is None and guide.step(half, numbers["C"]) is None
    assert guide.distance(half) == 2  # the bracket and the tag
    assert guide.follow(half, [numbers[c] for c in ("@", "H", "]", "C")]) is not None


def test_budgets_cut_what_does_not_fit():
    guide, numbers = TextGuide(Molecules(), VOCABULARY), VOCABULARY.tokenizer.get_vocab()
    state = follow(guide, "<MoleculeS>", "C")
    for budget, fits in ((1, {"<MoleculeE>"}), (2, {"<MoleculeE>", "C", "CC", "l", "Cl"})):
        legal = guide.within(state, budget)
        assert all(legal[numbers[piece]] == (piece in fits) for piece in ("<MoleculeE>", "C", "CC", "l", "=", "["))
    assert guide.within(guide.done, -3).nonzero()[0].tolist() == [VOCABULARY.end]


def test_a_tag_that_the_tokenizer_lacks_is_never_legal():
    guide = TextGuide(Materials(WHOLE), VOCABULARY)
    text = "<MaterialS><MetalS>[Zn]<MetalE><MoleculeS>C<MoleculeE>"
    state = guide.follow(guide.start, CODEC.encode(text))
    legal = {VOCABULARY.tokenizer.id_to_token(int(t)) for t in guide.mask(state).nonzero()[0]}
    assert legal == {tags.MOLECULE_S, tags.MATERIAL_E}


@pytest.mark.parametrize("codec", ["small", "llama3", "qwen3"])
def test_a_copy_is_drafted_as_the_tokenizer_writes_it(codec):
    codec = CODEC if codec == "small" else true_codec(codec)
    chains = ("MKVLAAGIVGLLLAQWERTYMKVLAA", "GGGG")
    guide = TextGuide(MarkedCopy(chains), codec.vocabulary)
    expected = codec.encode("".join(f"<ProteinS>{chain}<ProteinE>" for chain in chains))
    state, drafted = guide.start, []
    while (token := guide.draft(state)) is not None:
        drafted.append(token)
        state = guide.step(state, token)
    assert codec.decode(drafted) == codec.decode(expected) and guide.step(state, codec.vocabulary.end) == guide.done
    assert drafted == expected
    marked = guide.follow(guide.start, codec.encode("<ProteinS>MKV<PocketS>L"))
    assert guide.draft(marked) == codec.vocabulary.tags["<PocketE>"]


def test_guides_are_made_once():
    guides = Guides(VOCABULARY)
    first = guides(Molecules(1, 2))
    assert isinstance(first, TextGuide) and guides(Molecules(1, 2)) is first

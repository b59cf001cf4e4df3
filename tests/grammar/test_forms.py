"""The table of forms: prompt and answer, no text of two forms, and the objects that fill each form."""

import pytest
from hypothesis import given, settings

from scilogos.grammar import forms, parse, split, write
from scilogos.grammar.tags import MOLECULE_S, PAIRS, TAGS
from tests.strategies import SENTENCES

JOINTS = {"located": "<Search>", "transform": "<Trans>", "reaction": "<React>", "retro": "<ReverseReact>"}
JOINTS |= {"design": "<Design>", "edit": "<Edit>"}
LONE = {"protein", "antibody", "molecule", "material"}


def test_every_form_has_a_strategy_and_every_tag_a_use():
    assert set(SENTENCES) == set(forms.FORMS)
    assert {name: form.joint for name, form in forms.FORMS.items() if form.joint} == JOINTS
    assert len(set(TAGS)) == len(TAGS) == 2 * len(PAIRS) + len(JOINTS) + 1


@pytest.mark.parametrize("name", SENTENCES)
def test_a_sentence_splits_at_its_joint(name):
    @settings(max_examples=15, deadline=None)
    @given(SENTENCES[name])
    def check(sentence):
        text = write(sentence)
        prompt, answer = split(text)
        assert prompt + answer == text and answer
        if name in LONE:
            assert prompt == ""
        elif name == "complex":
            assert prompt == "".join(map(write, sentence.chains)) and answer == write(sentence.ligand)
            assert answer.count(MOLECULE_S) == 1
        else:
            assert prompt.endswith(JOINTS[name]) and prompt.count(JOINTS[name]) == 1 and JOINTS[name] not in answer
        assert type(parse(text)).__name__.lower() == name

    check()


def test_no_position_of_the_table_completes_two_forms():
    """Walk every position that objects and joints can lead to."""
    kinds = [
        {"chain", "marked", "expanded"}, {"marked"}, {"expanded"}, {"marked", "expanded"}, {"molecule"}, {"material"},
        {"antibody", "gapped", "filled"}, {"gapped"}, {"filled"}, *({joint} for joint in JOINTS.values()),
    ]  # fmt: skip
    seen, todo = {forms.START}, [forms.START]
    while todo:
        position = todo.pop()
        names = {name for name, rule, index in position if index == len(rule.split())}
        assert len(names) <= 1 and forms.completed(position) == next(iter(names), None)
        assert names or forms.expected(position)
        for matched in kinds:
            after = forms.advance(position, frozenset(matched))
            if after and after not in seen:
                seen.add(after)
                todo.append(after)
    assert len(seen) > 20


@pytest.mark.parametrize(
    ("text", "prompt"),
    [
        ("<ProteinS>MK<ProteinE>", ""),
        ("<MoleculeS>C<MoleculeE>", ""),
        ("<MaterialS><MetalS>[Zn]<MetalE><MoleculeS>C<MoleculeE><MoleculeS>N<MoleculeE><MaterialE>", ""),
        ("<ProteinS>M<ProteinE><ProteinS>K<ProteinE><MoleculeS>C<MoleculeE>",
         "<ProteinS>M<ProteinE><ProteinS>K<ProteinE>"),
        ("<MoleculeS>C<MoleculeE><MoleculeS>N<MoleculeE><React><MoleculeS>CN<MoleculeE>",
         "<MoleculeS>C<MoleculeE><MoleculeS>N<MoleculeE><React>"),
        ("<ProteinS>M<ProteinE><AntibodyS>A<CdrS><Gap><CdrE><AntibodyE><Design><AntibodyS>A<CdrS>C<CdrE><AntibodyE>",
         "<ProteinS>M<ProteinE><AntibodyS>A<CdrS><Gap><CdrE><AntibodyE><Design>"),
    ],
)  # fmt: skip
def test_split_of_written_out_sentences(text, prompt):
    assert split(text) == (prompt, text.removeprefix(prompt))

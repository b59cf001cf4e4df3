"""Antibodies read with one loop opened; recovery, lengths and flags by hand; what training loops tell."""

import pytest

from scilogos.bench import cdr
from scilogos.bench.cdr.antibodies import Opened
from scilogos.bench.cdr.flags import has_glycosylation, has_unpaired_cysteine
from scilogos.bench.cdr.loops import Loop, Loops, training_loops
from scilogos.bench.held_out import HeldOut, Item
from scilogos.errors import InputError, MissingError
from tests.bench.conftest import HEAVY, LIGHT, NATIVE


def test_loops_are_read(tables):
    held = cdr.items(tables, limit=None, seed=0)
    assert {item.key: (len(item.given.chains), item.truth) for item in held.items} == {
        "1n8z/H3": (2, NATIVE),
        "1xyz/H3": (1, "ARAAAAWYW"),
    }
    (paired,) = (item.given for item in held.items if len(item.given.chains) == 2)
    assert paired.filled(NATIVE)[0] == HEAVY.format(NATIVE) and paired.framework == HEAVY.format("")
    assert held.skipped == {
        "no heavy chain in the table": ["3h3b"],
        "our numbering finds another H3 than the table": ["2xyz/H3"],
    }
    loops = [loop.residues for loop in held.training["H3"].by_length[13]]
    assert loops == ["ARAAAAAAAAADY", "ARAAAAAAAAADY", "ARWGGGGGGGMDV"], "the near twin is left out"


def test_every_loop_of_both_chains(tables):
    settings = cdr.Settings(loops=("H1", "L3"))
    held = cdr.items(tables, limit=None, seed=0, settings=settings)
    natives = {item.key: item.truth for item in held.items}
    assert natives["1n8z/H1"] == "GFNIKDTY" and natives["1n8z/L3"] == "QQHYTTPPT"
    light = next(item for item in held.items if item.key == "1n8z/L3")
    assert light.given.number == 1 and light.given.filled("WWW")[0] == LIGHT.replace("QQHYTTPPT", "WWW")
    assert held.skipped["no light chain in the table"] == ["1xyz", "2xyz", "3h3b"]


def test_validation_loops(tables):
    held = cdr.items(tables, limit=None, seed=0, settings=cdr.Settings(split="val"))
    assert [(item.key, item.truth) for item in held.items] == [("V0/H3", "ARDDDDDDDDDDY")]


def test_faults_in_settings(monkeypatch):
    with pytest.raises(InputError, match="found H4; expected some of H1, H2"):
        cdr.Settings(loops=("H3", "H4"))
    monkeypatch.setattr(cdr.plausibility, "is_there", lambda: False)
    with pytest.raises(MissingError, match="pip install"):
        cdr.judged_by(cdr.Settings(plausibility=True))
    assert cdr.judged_by(cdr.Settings()) == {}


def test_training_loops_by_hand(tables):
    loops = Loops([Loop(r, f) for r, f in (("ARD", "AAAAA"), ("ARE", "AAAAA"), ("GWE", "CCDEF"), ("WW", "A"))])
    assert loops.consensus(3) == "ARE" and loops.share(3) == 0.75 and loops.share(9) == 0
    assert loops.nearest("CCDEF", 3) == "GWE" and loops.nearest("WWWWW", 3) == "ARE", "nothing alike: the consensus"
    assert loops.lengths() == (2, 3)
    assert Loops([Loop("YY", ""), Loop("GW", "")]).consensus(3) == "YYY", "no loop of this length"
    assert [loop.residues for loop in training_loops(tables, ["L3"])["L3"].by_length[9]] == ["QQHYTTPPT"]


def test_flags_by_hand():
    assert has_unpaired_cysteine("ARCDY") and not has_unpaired_cysteine("ACRCY") and not has_unpaired_cysteine("ARD")
    assert has_glycosylation("AANGSAA", (2, 5)) and has_glycosylation("AANGSAA", (4, 6)), "its last residue"
    assert not has_glycosylation("AANGSAA", (5, 7)) and not has_glycosylation("AANPSAA", (0, 7)), "behind; proline"
    assert has_glycosylation("NNSS", (3, 4)), "the second of two that overlap"


def test_scores_by_hand():
    opened = Opened(("AAARDYCC",), 0, (2, 6))
    held = HeldOut((Item("1", opened, "ARDY", "H3"), Item("2", opened, "ARDY", "H3")))
    loops = [["ARDW", 1, -1.0, 0.2], ["ACGY", 2, -2.0, 0.4], ["ARGY", 2, -3.0, 0.4]]
    values = cdr.score(held, [{"loops": loops, "right length": 0.5, "plausibility": [-0.5, -1.5]}, {"error": "no"}])
    found = {name.removeprefix("H3: "): figure.value for name, figure in values.items()}
    assert found["AAR of the first"] == found["AAR of the first by likelihood"] == pytest.approx((3 / 4 + 0) / 2)
    assert found["AAR of the first by votes"] == pytest.approx((2 / 4 + 0) / 2)
    # ARGY agrees most: 2/5 of itself, 2/5 x 3/4 with ACGY, 1/5 x 2/4 with ARDW
    for order in ("by agreement of the drawn", "by consensus of the draws"):
        assert found[f"AAR of the first {order}"] == found["AAR of the best of the draws"] == pytest.approx(3 / 8)
    assert found["AAR, mean of draws"] == pytest.approx(((3 + 2 * 2 + 2 * 3) / 4 / 5) / 2)
    assert found["AAR, mean of weighed draws"] == pytest.approx(found["AAR, mean of draws"])
    heavier = [[*row[:3], weight] for row, weight in zip(loops, (0.9, 0.0, 0.1), strict=True)]
    one = cdr.score(held, [{"loops": heavier}, {"error": "no"}])
    assert one["H3: AAR of the first by agreement of the drawn"].value == pytest.approx(3 / 8), "ARDW, the heaviest"
    undrawn = [["GRDY", 0, -0.5, 0.0], *heavier]
    made = cdr.score(held, [{"loops": undrawn}, {"error": "no"}])
    assert {name: figure for name, figure in made.items() if " by " in name or "draws" in name} == {
        name: figure for name, figure in one.items() if " by " in name or "draws" in name
    }, "what nobody drew is the first answer and nothing else"
    assert made["H3: AAR of the first"].value == pytest.approx(3 / 8)
    assert one["H3: AAR, mean of weighed draws"].value == pytest.approx((0.9 * 3 / 4 + 0.1 * 3 / 4) / 2)
    assert found["native length where length is free"] == 0.25
    assert found["plausibility, whole chain"] == -0.5 and found["plausibility, loop alone"] == -1.5
    assert found["unpaired cysteine"] == 0, "the second answer has one, and only the first is judged"

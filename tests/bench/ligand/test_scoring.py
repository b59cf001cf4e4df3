"""Figures of judged ligands that were worked out by hand, under both conventions."""

import pytest

from scilogos.bench.held_out import HeldOut, Item
from scilogos.bench.ligand import Settings, plots, score
from scilogos.bench.ligand.docking import Docked
from scilogos.bench.ligand.judging import _judgement
from scilogos.bench.ligand.pockets import Background
from scilogos.bench.ligand.scoring import diversity

DOCKED = {"qed": 0.5, "sa": 0.8, "logp": 1.0, "lipinski": 5, "heavy_atoms": 10, "novel": True}


def ligand(smiles: str = "CCO", **told) -> dict:
    return {"smiles": smiles, **DOCKED, "broken": [], **told}


def answer(reference: float | None, *ligands: dict, **told) -> dict:
    return {"docked": list(ligands), "reference": {"affinity": reference} if reference else {"failed": "x"}, **told}


FAILED = {key: value for key, value in ligand(failed="docking timed out", heavy_atoms=50).items() if key != "broken"}
ANSWERS = [
    answer(-7.0, ligand(affinity=-8.0, qed=0.7), ligand("CCN", affinity=-6.0, heavy_atoms=20, novel=False),
           drawn=6, refused=1, distinct=4, preference=[-10.0, -12.0, -11.0]),
    answer(-5.0, ligand(affinity=-5.0, broken=["internal_energy"]), FAILED,
           drawn=6, refused=0, distinct=5, preference=[-10.0, -9.0, -13.0]),
    answer(None, ligand(affinity=-9.0, sa=None), drawn=6, refused=0, distinct=6, unscored="too long"),
    {"error": "too long a prompt"},
]  # fmt: skip


def figures(convention: str, answers=ANSWERS) -> dict[str, float | None]:
    settings = Settings(convention=convention, molecules=2)
    held = HeldOut(tuple(Item(str(i), None) for i in range(len(answers))), settings=settings)
    return {name: figure.value for name, figure in score(held, answers).items()}


def test_orders_by_hand():
    """Affinities rank 1 3 2 of three ligands that docked; a fourth failed, and a pocket of two is too few."""
    docked = [ligand(affinity=value, heavy_atoms=10) for value in (-9.0, -7.0, -8.0)]
    own = [{"score": score, "votes": 1, "contrast": c} for score, c in ((-1, 5.0), (-2, 1.0), (-3, 2.0), (0, 9.0))]
    few = answer(-5.0, ligand(affinity=-5.0), ligand(affinity=-6.0), ligands=own[:2])
    found = figures("tamgen", [answer(-7.0, *docked, FAILED, ligands=own), few])
    assert found["order by likelihood, Spearman with docking"] == pytest.approx(0.5)
    assert found["order by likelihood per character, Spearman with docking"] == pytest.approx(0.5), "equally long"
    assert found["order by contrast to other pockets, Spearman with docking"] == pytest.approx(1)
    assert found["order by votes, Spearman with docking"] is None, "all were drawn once"
    assert found["pockets of which order by likelihood tells nothing"] == 1
    assert found["pockets of which order by votes tells nothing"] == 2


def test_a_judgement_has_the_time_of_what_failed():
    background = Background(pockets=(), ligands={})
    timed_out, reference = (
        Docked(failed="docking timed out", passing=True, seconds=50.0),
        Docked(failed="x", seconds=1.0),
    )
    judged = _judgement(background, ["CCO", "CC"], [timed_out, reference])
    assert judged["docked"][0]["docking seconds"] == 50.0 and judged["passing"]
    assert judged["failed"] == {"docking timed out": ["CCO"]}


def test_what_failed_took_its_time_too():
    docked = [ligand(affinity=-8.0, **{"docking seconds": 10.0}), {**FAILED, "docking seconds": 50.0}, FAILED]
    assert figures("targetdiff", [answer(-7.0, *docked)])["tried a minute and core, by the clock"] == 2


def test_what_is_left_out_of_a_mean_is_counted():
    found = figures("targetdiff")
    assert found["ligands without SA"] == 1 and found["pockets of one ligand, without diversity"] == 1


def test_failures_count_nought_by_tamgen():
    found = figures("tamgen")
    # Pockets: -8 and -6; -5 and 0; -9 and one that lacks; the refused one counts twice 0.
    assert found["ligands that lack"] == 3
    assert found["Vina dock, mean"] == pytest.approx(-28 / 8)
    assert found["Vina dock, median"] == -2.5
    assert found["Vina dock, mean of pockets"] == pytest.approx(-(7 + 2.5 + 4.5 + 0) / 4)
    assert found["Vina dock, median of pockets"] == pytest.approx(-(4.5 + 2.5) / 2)
    assert found["Vina dock, best of each pocket"] == pytest.approx(-(8 + 5 + 9 + 0) / 4)
    assert found["high affinity"] == pytest.approx((1 / 2 + 1 / 2 + 0) / 3), "where the reference docks; refused: none"
    assert found["pockets without a docked reference"] == 1
    assert found["dock per heavy atom"] == pytest.approx(-(0.8 + 0.3 + 0.5 + 0 + 0.9 + 0 + 0 + 0) / 8)
    assert found["poses that pass PoseBusters"] == pytest.approx(3 / 8)


def test_a_pocket_for_which_nothing_valid_was_drawn_counts_nought():
    nothing = answer(-7.0, drawn=6, refused=6, distinct=0)
    assert figures("tamgen", [nothing])["Vina dock, mean"] == 0
    assert figures("targetdiff", [nothing])["Vina dock, mean"] is None
    assert figures("targetdiff", [nothing])["ligands that lack"] == 2
    reference = answer(-7.0, ligand(affinity=-7.0))
    assert figures("tamgen", [reference])["ligands that lack"] == 0, "one is all that is asked of the reference"


def test_survivors_alone_by_targetdiff():
    found = figures("targetdiff")
    assert found["Vina dock, mean"] == pytest.approx(-28 / 4) and found["Vina dock, median"] == -7
    assert found["Vina dock, mean of pockets"] == pytest.approx(-(7 + 5 + 9) / 3)
    assert found["high affinity"] == pytest.approx((1 / 2 + 1) / 2)
    assert found["dock per heavy atom"] == pytest.approx(-(0.8 + 0.3 + 0.5 + 0.9) / 4)
    assert found["poses that pass PoseBusters"] == pytest.approx(3 / 4)


@pytest.mark.parametrize("convention", ["tamgen", "targetdiff"])
def test_the_rest_is_the_same_by_both(convention):
    found = figures(convention)
    assert found["ligands"] == 5 and found["failed"] == pytest.approx(1 / 5)
    assert found["failed, docking timed out"] == 1
    assert found["poses that break internal_energy"] == pytest.approx(1 / 4)
    assert found["QED"] == pytest.approx((0.7 + 4 * 0.5) / 5) and found["heavy atoms"] == pytest.approx(100 / 5)
    assert found["SA"] == pytest.approx(0.8), "of four"
    assert found["novelty"] == pytest.approx(4 / 5)
    assert found["validity"] == pytest.approx(17 / 18) and found["uniqueness"] == pytest.approx(15 / 17)
    assert found["log p of the reference, own pocket minus others"] == pytest.approx((1.5 + 1.0) / 2)
    assert found["own pocket first of 3"] == 0.5
    assert found["reference ligands that cannot be scored"] == 1


def test_how_well_a_control_is_matched():
    controls = [
        {**answer(-7.0, ligand(affinity=-8.0)), "ligands": [{"smiles": "CCO", "off": 1}], "wanted": 2},
        {**answer(-7.0, ligand(affinity=-8.0)), "ligands": [{"smiles": "CCO", "off": 2}], "wanted": 1},
    ]
    assert figures("tamgen", controls)["not matched within 1 heavy atom"] == pytest.approx(2 / 3)


def test_a_control_lacks_what_its_model_lacks():
    """Two were asked, one was drawn: the same affinities give the same means in both arms."""
    model = answer(-7.0, ligand(affinity=-8.0), drawn=2, refused=0, distinct=1)
    control = {**answer(-7.0, ligand(affinity=-8.0)), "ligands": [{"smiles": "CCO", "off": 0}], "wanted": 1}
    for convention, mean in (("tamgen", -4), ("targetdiff", -8)):
        assert [figures(convention, [one])["Vina dock, mean"] for one in (model, control)] == [mean, mean]


def test_the_own_pocket_is_first_among_equally_many():
    some = [answer(-7.0, preference=values) for values in ([3.0, 2.0, 1.0], [1.0, 2.0, 0.0], [5.0, 1.0])]
    found = figures("targetdiff", some)
    assert found["own pocket first of 3"] == 0.5 and found["pockets with fewer others to compare"] == 1


def test_nothing_that_docked_is_no_figure():
    found = figures("targetdiff", [answer(None, FAILED), {"error": "no"}])
    assert found["Vina dock, mean"] is None and found["high affinity"] is None and found["failed"] == 1
    assert figures("tamgen", [answer(None, FAILED)])["Vina dock, mean"] == 0


def test_diversity():
    assert diversity(["CCO", "CCO"]) == 0
    assert diversity(["CCO", "c1ccccc1"]) == 1
    assert diversity(["CCO", "CCO", "c1ccccc1"]) == pytest.approx(2 / 3)


def test_pictures():
    pytest.importorskip("matplotlib")
    from matplotlib.figure import Figure

    held = HeldOut((), settings=Settings())
    drawn = plots(held, {"model": ANSWERS, "nothing": [{"error": "no"}]})
    shown = {}
    for name, plot in drawn.items():
        shown[name] = Figure().add_subplot()
        plot(shown[name])
    (points,) = shown["Affinity and size"].lines
    assert sorted(zip(*points.get_data(), strict=True)) == [(10, -9.0), (10, -8.0), (10, -5.0), (20, -6.0)]
    assert [label.get_text() for label in shown["Affinity"].get_xticklabels()] == ["model"]
    assert plots(held, {"model": [{"error": "no"}]}) == {}

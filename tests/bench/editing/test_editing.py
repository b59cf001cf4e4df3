"""The task itself: its items, figures by hand, settings under their names; the published start sets."""

from dataclasses import replace

import numpy as np
import pytest

from scilogos.bench import editing, run
from scilogos.bench.editing import NUMBER, Settings
from scilogos.bench.editing import _Place as Place
from scilogos.bench.editing.distances import novelty
from scilogos.bench.editing.landscapes import DIFFICULTIES, TABLES, Labelled, merged, read_landscape
from scilogos.bench.held_out import HeldOut, Item
from scilogos.data.tables import read_rows
from scilogos.errors import InputError, MissingError
from scilogos.model import fingerprint
from tests.bench.test_run import EDITING


def test_items_cover_the_landscapes(tables):
    held = editing.items(tables, limit=5, seed=0)
    assert [item.key for item in held.items] == [
        "AAV-medium-0", "GFP-medium-0", "AAV-hard-0", "GFP-hard-0", "AAV-medium-1",
    ]  # fmt: skip
    assert len(editing.items(tables, limit=None, seed=0).items) == 20
    only = editing.items(tables, limit=None, seed=0, settings=Settings(landscape="GFP"))
    assert {item.given.landscape for item in only.items} == {"GFP"} and len(only.items) == 10


def test_repeats_are_one_sequence_with_their_mean():
    found = merged(Labelled(("AC", "AD", "AC"), np.array([0.2, 0.5, 0.4])))
    assert found.sequences == ("AC", "AD") and found.fitness == pytest.approx([0.3, 0.5])
    assert found.best(1) == ("AD",)


def held(*places: Place, settings: Settings = Settings()) -> HeldOut:
    items = tuple(Item(str(i), place, group=f"{place.landscape} {place.difficulty}") for i, place in enumerate(places))
    return HeldOut(items, settings=settings)


def test_figures_by_hand():
    some = held(Place("AAV", "hard", 0), Place("AAV", "hard", 1), Place("GFP", "hard", 0))
    answers = [
        {"sequences": ["A"] * NUMBER, "fitness": [0.1, 0.4, 0.9], "novelty": [1, 2, 6], "diversity": 3.0},
        {"sequences": ["A"] * 100, "fitness": [0.2, 0.6], "novelty": [4, 5], "diversity": 5.0},
        {"error": "too long"},
    ]
    values = {name: figure.value for name, figure in editing.score(some, answers).items()}
    assert values["AAV hard: fitness"] == pytest.approx((0.4 + 0.4) / 2)
    assert values["AAV hard: fitness, sd"] == pytest.approx(0)
    assert values["AAV hard: novelty"] == pytest.approx((2 + 4.5) / 2)
    assert values["AAV hard: novelty, sd"] == pytest.approx(2.5 / 2**0.5)
    assert values["AAV hard: diversity"] == 4 and values["AAV hard: lacking of 128 variants"] == 28
    assert values["GFP hard: fitness"] == 0 and values["GFP hard: fitness, sd"] is None
    assert values["GFP hard: lacking of 128 variants"] == 128


@pytest.mark.parametrize(
    ("settings", "name"),
    [
        (Settings(labels="all"), "AAV hard, all labels seen: fitness"),
        (Settings(oracle=True), "AAV hard, oracle in the loop: fitness"),
        (Settings(labels="all", oracle=True), "AAV hard, all labels seen, oracle in the loop: fitness"),
    ],
)
def test_other_settings_are_reported_under_their_names(settings, name):
    some = held(Place("AAV", "hard", 0), settings=settings)
    assert next(iter(editing.score(some, [{"error": "no"}]))) == name


def test_settings_check_themselves(tiny, tables, tmp_path):
    with pytest.raises(InputError, match="tokens: found 0"):
        run("editing", tiny, tables, tmp_path, options=("tokens=0",))
    with pytest.raises(InputError, match="labels: found 'some'; expected one of start, all"):
        run("editing", tiny, tables, tmp_path, options=("labels=some",))
    with pytest.raises(MissingError, match="none.toml: no such recipe"):
        run("editing", tiny, tables, tmp_path, options=("recipe=none.toml",))
    assert not list(tmp_path.iterdir())


def test_the_start_set_is_judged_as_it_is(tiny, tables, tmp_path):
    report = run("editing", tiny, tables, tmp_path, limit=1, options=EDITING)
    figures = report.figures["best of the start set"]
    assert 0 < abs(figures["oracle of AAV: held-out Spearman"].value) <= 1
    assert figures["AAV medium: novelty"].value == 0 and figures["AAV medium: fitness"].value > 0
    assert report.figures["model"]["AAV medium: novelty"].value >= 1
    for order in ("gain", "likelihood"):
        assert -1 <= report.figures["model"][f"AAV medium: order by {order}, Spearman with fitness"].value <= 1
    assert len(list((tmp_path / fingerprint(tiny.folder) / "editing" / "copies").glob("*/model"))) == 1


@pytest.mark.parametrize("options", [("oracle=true",), ("labels=all",)])
def test_other_settings_run_whole(options, tiny, tables, tmp_path):
    report = run("editing", tiny, tables, tmp_path, limit=1, options=(*EDITING, *options))
    assert set(report.figures["AdaLead"]) <= set(report.figures["model"])


@pytest.mark.parametrize(("name", "medium", "hard"), [("GFP", 2828, 2426), ("AAV", 2139, 3448)])
def test_start_sets_have_the_published_sizes(name, medium, hard, data):
    landscape = read_landscape(data, name)
    assert [len(landscape.start(difficulty).sequences) for difficulty in DIFFICULTIES] == [medium, hard]
    assert (landscape.rows.fitness.min(), landscape.rows.fitness.max()) == pytest.approx((0, 1), abs=2e-3)
    best = [round(float(landscape.start(difficulty).fitness.max()), 3) for difficulty in DIFFICULTIES]
    assert best == {"GFP": [0.622, 0.098], "AAV": [0.383, 0.329]}[name]


def test_start_sets_of_aav_follow_from_the_rule(data):
    """20 to 40% of scores and 6 or more edits from every top-1% variant; below 30% and 7 or more; all such rows."""
    landscape = read_landscape(data, "AAV")
    fitness = landscape.rows.fitness
    low, medium, hard, top = np.quantile(fitness, (0.2, 0.4, 0.3, 0.99))
    far = np.array([int(row["min_lev_top1"]) for row in read_rows(data / TABLES["AAV"], ("min_lev_top1",))])
    rule = {"medium": (fitness >= low) & (fitness <= medium) & (far >= 6), "hard": (fitness <= hard) & (far >= 7)}
    for difficulty, expected in rule.items():
        assert (landscape.flags[difficulty] == expected).all()
    best = [landscape.rows.sequences[i] for i in np.flatnonzero(fitness > top)]
    some = np.random.default_rng(0).choice(len(fitness), 60, replace=False)
    assert novelty([landscape.rows.sequences[i] for i in some], best) == far[some].tolist(), "the column of distances"


def test_a_table_without_a_start_set_is_refused(tmp_path):
    path = tmp_path / "protein"
    path.mkdir()
    import zstandard

    text = "sequence,norm,ggs_medium,ggs_hard\nACDEF,0.1,0,0\n"
    (path / "aav_ggs.csv.zst").write_bytes(zstandard.compress(text.encode()))
    with pytest.raises(InputError, match="no row of the start set medium"):
        read_landscape(tmp_path, "AAV")


def test_replaced_settings_are_found(tables):
    some = replace(editing.items(tables, limit=1, seed=0), settings=Settings(labels="all"))
    assert len(editing._seen(some, some.items[0]).sequences) > len(editing._start(some, some.items[0]).sequences)

"""The verb train on a table of one's own, to a model that the tasks take."""

import json

SENTENCE = "<MoleculeS>CCOC(C)=O<MoleculeE><ReverseReact><MoleculeS>CCO<MoleculeE><MoleculeS>ClC(C)=O<MoleculeE>"


def total(scores: str) -> float:
    return sum(json.loads(line)["score"] for line in scores.splitlines())


def test_from_a_table_to_answers_of_the_new_model(logos, tmp_path, monkeypatch):
    monkeypatch.setattr("scilogos.bench.tuning.own.DRAWS", 1)
    rows = [f"{'C' * n}O.CC(=O)Cl,{'C' * n}OC(C)=O" for n in range(1, 13)]
    (tmp_path / "mine.csv").write_text("\n".join(["reactants,product", *rows]) + "\n")
    words = ("train", "--from", "tiny", "--task", "retrosynthesis", "--data", "mine.csv", "--epochs", "2")
    ran = logos(*words, "--method", "lora", "--rank", "2")
    assert ran.code == 0, ran
    figures = [json.loads(line) for line in ran.out.splitlines()]
    assert [row["held out"] for row in figures] == ["loss, nats a free choice", "top-1", "top-10"]
    assert all({"before", "after", "items"} <= row.keys() for row in figures)
    assert "11 records trained on, 1 held out" in ran.err and "the model is in runs/mine/model" in ran.err
    before, after = (logos("score", SENTENCE, "--model", model).out for model in ("tiny", "runs/mine/model"))
    assert total(after) > total(before)
    again = logos(*words)
    assert again.code == 2 and again.err.startswith("logos: runs/mine: was begun with kind lora, rank 2; name another")

"""`logos models add`: a published folder gets a name, a broken one a reason."""

from tests.published import save_published, small_codec


def test_a_published_folder_is_added_listed_and_used(logos, tmp_path, tiny, monkeypatch):
    monkeypatch.setenv("SCILOGOS_MODELS", f"{tmp_path / 'mine'}:{tiny}")
    folder = save_published(tmp_path / "LOGOS-8B", small_codec())
    assert logos("models", "add", str(folder), "--name", "published").code == 0
    listed = logos("models")
    assert '"published"' in listed.out and '"tiny"' in listed.out
    refused = logos("edit", "MKVLAAGIV", "--model", "published")
    assert refused.code == 2 and "no tag symbol '<Edit>'" in refused.err


def test_a_folder_without_weights_hides_no_other(logos, tmp_path, tiny, monkeypatch):
    monkeypatch.setenv("SCILOGOS_MODELS", f"{tmp_path / 'mine'}:{tiny}")
    folder = save_published(tmp_path / "mine" / "served", small_codec())
    for file in folder.glob("*.safetensors*"):
        file.unlink()
    listed = logos("models")
    assert listed.code == 0 and "no weights here" in listed.out and '"tiny"' in listed.out


def test_a_broken_folder_is_refused_by_its_file(logos, tmp_path):
    folder = save_published(tmp_path / "LOGOS-8B", small_codec())
    shard = sorted(folder.glob("*.safetensors"))[0]
    shard.unlink()
    ran = logos("models", "add", str(folder))
    assert ran.code == 2 and shard.name in ran.err
    assert logos("models", "add", "nowhere").code == 2

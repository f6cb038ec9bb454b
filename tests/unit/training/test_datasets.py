"""Adapters read the layouts that the datasets are published in."""

from __future__ import annotations

from pathlib import Path

import pytest

from glasses.errors import UsageError
from training.common.dataset_table import table, text
from training.common.datasets import Dataset, discover


def touch(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"\xff\xd8\xff")


def only(root: Path) -> Dataset:
    (dataset,) = discover(root)
    return dataset


@pytest.fixture
def celeba(tmp_path: Path) -> Path:
    folder = tmp_path / "celeba"
    for name in ("000008.jpg", "000009.jpg"):
        touch(folder / "Img/img_align_celeba" / name)
    (folder / "Anno").mkdir()
    (folder / "Anno/list_attr_celeba.txt").write_text(
        "2\nBushy_Eyebrows Eyeglasses Male \n000008.jpg -1  1 -1\n000009.jpg  1 -1  1\n"
    )
    (folder / "Anno/identity_CelebA.txt").write_text("000008.jpg 6369\n")
    return folder


def test_celeba_takes_the_column_eyeglasses(celeba: Path) -> None:
    dataset = only(celeba.parent)
    assert [sample.has_glasses for sample in dataset.samples] == [True, False]
    assert [sample.identity for sample in dataset.samples] == ["celeba_id_6369", None]
    assert dataset.aligned


def test_celeba_without_that_column_says_what_to_do(celeba: Path) -> None:
    (celeba / "Anno/list_attr_celeba.txt").write_text("0\nMale\n")
    with pytest.raises(UsageError, match="download it again"):
        discover(celeba.parent)


def test_a_person_has_one_identity_in_both_celebas(celeba: Path) -> None:
    wild = celeba.parent / "celeba_wild"
    touch(wild / "images/1.jpg")
    (wild / "labels.csv").write_text(
        "path,has_glasses,identity,notes\nimages/1.jpg,1,celeba_id_6369,\n"
    )
    aligned, other = discover(celeba.parent)
    assert aligned.samples[0].group == other.samples[0].group


def test_meglass_has_the_person_before_the_second_at(tmp_path: Path) -> None:
    names = ("10032527@N08_identity_4@25_0.jpg", "10032527@N08_identity_4@26_0.jpg")
    for name in names:
        touch(tmp_path / "meglass/MeGlass_120x120" / name)
    (tmp_path / "meglass/meta.txt").write_text(f"{names[0]} 0\n{names[1]} 1\n")
    first, second = only(tmp_path).samples
    assert first.identity == second.identity == "meglass:10032527@N08_identity_4"
    assert (first.has_glasses, second.has_glasses) == (False, True)


def test_sof_has_the_person_first_and_everyone_wears_glasses(tmp_path: Path) -> None:
    for name in ("AbdA_00001_m_31_i_fr_nc_no_2016_2_e0_nl_o.jpg", "Thumbs.db"):
        touch(tmp_path / "sof/640x480" / name)
    (sample,) = only(tmp_path).samples
    assert sample.identity == "sof:AbdA"
    assert sample.has_glasses


def test_folder_keeps_unknown_people_apart(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg", "c.jpg"):
        touch(tmp_path / "mine" / name)
    (tmp_path / "mine/labels.csv").write_text(
        "path,has_glasses,identity,notes\na.jpg,1,,\nb.jpg,0,,\nc.jpg,0,Ann,x\n"
    )
    samples = only(tmp_path).samples
    assert samples[2].identity == "mine:Ann"
    assert len({sample.group for sample in samples}) == 3


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("path,identity\na.jpg,\n", "missing column has_glasses"),
        ("path,has_glasses\na.jpg,yes\n", "labels.csv:2: has_glasses is 'yes'"),
        ("path,has_glasses\nb.jpg,1\n", "1 of 1 photos are missing"),
    ],
)
def test_damaged_labels_are_named(tmp_path: Path, labels: str, message: str) -> None:
    touch(tmp_path / "mine/a.jpg")
    (tmp_path / "mine/labels.csv").write_text(labels)
    with pytest.raises(UsageError, match=message):
        discover(tmp_path)


def test_a_folder_without_datasets_says_what_is_expected(tmp_path: Path) -> None:
    (tmp_path / "holiday").mkdir()
    with pytest.raises(UsageError, match=r"labels\.csv"):
        discover(tmp_path)
    with pytest.raises(UsageError, match="--data"):
        discover(tmp_path / "nowhere")


@pytest.fixture
def kaggle(tmp_path: Path) -> Path:
    folder = tmp_path / "celeba"
    for name in ("000001.jpg", "000002.jpg"):
        touch(folder / "img_align_celeba/img_align_celeba" / name)
    (folder / "list_attr_celeba.csv").write_text(
        "image_id,Bushy_Eyebrows,Eyeglasses\n000001.jpg,-1,1\n000002.jpg,1,-1\n"
    )
    (folder / "list_eval_partition.csv").write_text(
        "image_id,partition\n000001.jpg,0\n000002.jpg,2\n"
    )
    return folder


def test_celeba_of_kaggle_is_read_as_the_published_one(kaggle: Path) -> None:
    samples = only(kaggle.parent).samples
    assert [sample.has_glasses for sample in samples] == [True, False]
    assert [sample.official for sample in samples] == ["train", "test"]
    assert samples[0].path.is_file()


def test_half_of_celeba_says_what_lacks(kaggle: Path) -> None:
    (kaggle / "list_attr_celeba.csv").unlink()
    with pytest.raises(UsageError, match="no list of attributes"):
        discover(kaggle.parent)


def test_celebas_list_that_was_cut_off_is_named(kaggle: Path) -> None:
    (kaggle / "list_attr_celeba.csv").write_text("image_id,Male,Eyeglasses\n000001.jpg,-1\n")
    with pytest.raises(UsageError, match=r"csv:2 is truncated"):
        discover(kaggle.parent)


def test_half_of_meglass_says_what_lacks(tmp_path: Path) -> None:
    (tmp_path / "meglass").mkdir()
    (tmp_path / "meglass/meta.txt").write_text("10032527@N08_identity_4@25_0.jpg 0\n")
    with pytest.raises(UsageError, match="no MeGlass_120x120"):
        discover(tmp_path)


def test_specface_has_a_folder_a_person_in_the_order_of_numbers(tmp_path: Path) -> None:
    for name in ("01/image (2).jpg", "01/image (10).jpg", "01/Thumbs.db", "60/image (1).JPG"):
        touch(tmp_path / "specface" / name)
    dataset = only(tmp_path)
    assert [sample.path.name for sample in dataset.samples] == [
        "image (2).jpg",
        "image (10).jpg",
        "image (1).JPG",
    ]
    assert [sample.identity for sample in dataset.samples][1:] == ["specface:01", "specface:60"]
    assert all(sample.has_glasses for sample in dataset.samples)
    assert dataset.warning == "0 without and 3 with glasses, the published set has 0 and 320"


def test_two_folders_are_labels_enough(tmp_path: Path) -> None:
    for name in ("with/trip/a.jpg", "without/b.png", "without/.hidden.jpg"):
        touch(tmp_path / "mine" / name)
    (tmp_path / "mine/without/notes.txt").write_text("no photo")
    labels = {sample.name: sample.has_glasses for sample in only(tmp_path).samples}
    assert labels == {"mine/with/trip/a.jpg": True, "mine/without/b.png": False}


def test_folders_have_the_names_that_evaluate_recognizes(tmp_path: Path) -> None:
    for name in ("Sunglasses/a.jpg", "eyeglasses/b.jpg", "no glasses/c.jpg", "other/d.jpg"):
        touch(tmp_path / "mine" / name)
    labels = {sample.path.name: sample.has_glasses for sample in only(tmp_path).samples}
    assert labels == {"a.jpg": True, "b.jpg": True, "c.jpg": False}


def test_one_of_two_folders_is_not_enough(tmp_path: Path) -> None:
    touch(tmp_path / "mine/with/a.jpg")
    with pytest.raises(
        UsageError, match="has only with/: create a folder of photos without glasses"
    ):
        discover(tmp_path)


def test_empty_files_are_a_broken_download(tmp_path: Path) -> None:
    touch(tmp_path / "mine/a.jpg")
    (tmp_path / "mine/a.jpg").write_bytes(b"")
    (tmp_path / "mine/labels.csv").write_text("path,has_glasses\na.jpg,1\n")
    with pytest.raises(UsageError, match="1 of 1 photos are empty files"):
        discover(tmp_path)


def test_table_counts_warns_and_names_what_lacks(celeba: Path) -> None:
    (celeba.parent / "holiday").mkdir()
    lines = text(table(celeba.parent)).splitlines()
    assert lines[0].split() == ["dataset", "without", "with", "people", "note"]
    assert "warning: 1 without and 1 with glasses, the published set has 189406" in lines[1]
    assert "ignored: not" in lines[2]
    assert [line.split()[0] for line in lines[3:]] == ["meglass", "sof", "specface"]

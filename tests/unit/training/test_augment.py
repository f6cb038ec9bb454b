"""Augmented batches keep shape and range, and repeat with their seed."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")


from tests.support import synthetic_crops  # noqa: E402
from tests.support.device_reads import ReadsFromDevice, UnreadableSource  # noqa: E402
from tests.support.host_augment import host_augment  # noqa: E402
from training.classifier.augment import (  # noqa: E402
    RandomSource,
    augment,
    centre,
    corruptions,
    occlusion,
    photometric,
)
from training.classifier.augment.corruptions import corrupt  # noqa: E402
from training.classifier.augment.geometric import transform  # noqa: E402
from training.classifier.augment.occlusion import (  # noqa: E402
    MARK_SHARE,
    MASK_SHARE,
    _wear_mask,
    occlude,
)
from training.classifier.augment.photometric import relight  # noqa: E402
from training.classifier.recipe import ClassifierRecipe  # noqa: E402
from training.common.degradations import jpeg  # noqa: E402
from training.common.geometry import SIZE, STORED_SIZE  # noqa: E402


@pytest.fixture
def crops() -> torch.Tensor:
    rng = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (16, STORED_SIZE, STORED_SIZE, 3), generator=rng).byte()


seeded = RandomSource.seeded


@pytest.mark.parametrize("how", ["ours", "original"])
def test_augmentation_never_makes_the_host_wait_for_the_device(
    how: str, crops: torch.Tensor
) -> None:
    with ReadsFromDevice() as reads:
        for seed in range(3):
            augment(crops, seeded(seed), how)
    assert reads.seen == []


@pytest.mark.parametrize("how", ["ours", "original"])
def test_augmentation_runs_where_values_cannot_be_read(how: str, crops: torch.Tensor) -> None:
    for seed in range(3):
        batch = augment(crops.to(UnreadableSource.DEVICE), UnreadableSource(seed), how)
        assert batch.device == UnreadableSource.DEVICE
        assert batch.shape == (16, 3, SIZE, SIZE)


def test_a_subset_has_its_share_on_average() -> None:
    rng = seeded(5)
    sizes = [len(rng.subset(10, 0.25)) for _ in range(400)]
    assert set(sizes) == {2, 3}
    assert sum(sizes) / len(sizes) == pytest.approx(2.5, abs=0.1)


def test_a_run_has_its_share_everywhere() -> None:
    rng, hits = seeded(5), torch.zeros(10)
    for _ in range(2000):
        hits[rng.run(10, 0.15)] += 1
    assert hits.sum() / 20_000 == pytest.approx(0.15, abs=0.01)
    assert (hits > 100).all()


def test_batch_has_the_networks_shape_and_range(crops: torch.Tensor) -> None:
    for x in (augment(crops, seeded(1)), centre(crops)):
        assert x.shape == (16, 3, SIZE, SIZE)
        assert x.dtype == torch.float32
        assert x.min() >= -1
        assert x.max() < 1


def test_batch_repeats_with_its_seed(crops: torch.Tensor) -> None:
    assert torch.equal(augment(crops, seeded(1)), augment(crops, seeded(1)))
    assert not torch.equal(augment(crops, seeded(1)), augment(crops, seeded(2)))


@pytest.mark.parametrize("how", [relight, corrupt, occlude])
def test_pictures_stay_between_black_and_white(how: object, crops: torch.Tensor) -> None:
    x = crops.permute(0, 3, 1, 2).float() / 255
    assert callable(how)
    for seed in range(5):
        y = how(x.clone(), seeded(seed))
        assert y.shape == x.shape
        assert y.min() >= 0
        assert y.max() <= 1


def test_statistics_are_those_of_the_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    # The reference knows neither masks nor marks, prints or cast shadows.
    for module, share in (
        (occlusion, "MASK_SHARE"),
        (occlusion, "MARK_SHARE"),
        (corruptions, "HALFTONE_SHARE"),
        (photometric, "EDGE_SHARE"),
    ):
        monkeypatch.setattr(module, share, 0)
    few = torch.from_numpy(synthetic_crops.crops(64).pixels)
    generator, rng = torch.Generator().manual_seed(2), seeded(2)
    theirs = torch.cat([host_augment(few, generator) for _ in range(6)])
    ours = torch.cat([augment(few, rng) for _ in range(6)])
    for axis in (2, 3):  # sharpness
        rough = [x.diff(dim=axis).abs().mean((1, 2, 3)) for x in (ours, theirs)]
        assert float(rough[0].mean() / rough[1].mean()) == pytest.approx(1, abs=0.15)
    for of_picture in (torch.Tensor.mean, torch.Tensor.std):
        one, other = (torch.stack([of_picture(p) for p in x]) for x in (ours, theirs))
        for share in (0.1, 0.5, 0.9):
            assert float(one.quantile(share)) == pytest.approx(
                float(other.quantile(share)), abs=0.07
            )
    assert float((ours - theirs).mean((0, 2, 3)).abs().max()) < 0.05, "each colour"
    assert ours.mean((0, 1)).sub(theirs.mean((0, 1))).abs().mean() < 0.05, "each place"


def test_a_face_stays_in_the_picture_and_upright() -> None:
    marked = torch.zeros(64, 3, STORED_SIZE, STORED_SIZE)
    unit = STORED_SIZE // 16
    marked[:, :, 6 * unit : 7 * unit, 7 * unit : 9 * unit] = 1  # the eyes: above the middle
    x = transform(marked, seeded(3))
    rows = x.sum((1, 3)) * torch.arange(SIZE)
    height = rows.sum(1) / x.sum((1, 2, 3))
    assert (x.sum((1, 2, 3)) > 0).all()
    assert height.mean() < SIZE / 2


def test_fine_jpeg_is_almost_the_picture() -> None:
    smooth = torch.linspace(0, 1, SIZE).expand(2, 3, SIZE, SIZE).clone()
    assert (jpeg(smooth, seeded(0), (0.01, 0.04)) - smooth).abs().mean() < 0.05


def test_originals_augmentations_keep_shape_and_range(crops: torch.Tensor) -> None:
    for seed in range(4):
        x = augment(crops, seeded(seed), "original")
        assert x.shape == (16, 3, SIZE, SIZE)
        assert x.min() >= -1
        assert x.max() < 1


def test_masks_hide_the_mouth_and_leave_the_eyes() -> None:
    plain = torch.full((300, 3, SIZE, SIZE), 0.4)
    changed = (_wear_mask(plain, seeded(1)) - plain).abs().amax(1) > 0.02
    share = changed.float().mean(0)
    mouth, eyes = int(0.7 * SIZE), int(0.25 * SIZE)
    assert share[mouth, SIZE // 2 - 5 : SIZE // 2 + 5].min() > 0.95
    assert share[eyes, SIZE // 4 : 3 * SIZE // 4].max() < 0.2


def test_occlusion_leaves_most_pictures_as_they_are() -> None:
    plain = torch.full((2000, 3, SIZE, SIZE), 0.4)
    changed = (occlude(plain.clone(), seeded(2)) != plain).flatten(1).any(1).float().mean()
    assert 0.15 < changed < MASK_SHARE + MARK_SHARE


def test_few_faces_are_hidden_at_the_end_of_a_training() -> None:
    long, short = ClassifierRecipe(epochs=12), ClassifierRecipe(epochs=1)
    assert [long.hidden_share(epoch) for epoch in (0, 8.99, 9, 11.9)] == [1, 1, 1 / 3, 1 / 3]
    assert [short.hidden_share(epoch) for epoch in (0, 0.7, 0.8)] == [1, 1, 1 / 3]
    plain = torch.full((2000, 3, SIZE, SIZE), 0.4)
    hidden = [
        (occlude(plain.clone(), seeded(2), share) != plain).flatten(1).any(1).float().mean()
        for share in (1, 1 / 3)
    ]
    assert float(hidden[1] / hidden[0]) == pytest.approx(0.35, abs=0.05)

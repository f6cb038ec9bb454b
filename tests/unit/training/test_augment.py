"""Augmented batches keep shape and range, and repeat with their seed."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")


from tests.support.device_reads import ReadsFromDevice  # noqa: E402
from training.classifier.augment import RandomSource, augment, centre  # noqa: E402
from training.classifier.augment.corruptions import corrupt  # noqa: E402
from training.classifier.augment.geometric import transform  # noqa: E402
from training.classifier.augment.photometric import relight  # noqa: E402
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


def test_a_subset_has_its_share_on_average() -> None:
    rng = seeded(5)
    sizes = [len(rng.subset(10, 0.25)) for _ in range(400)]
    assert set(sizes) == {2, 3}
    assert sum(sizes) / len(sizes) == pytest.approx(2.5, abs=0.1)


def test_batch_has_the_networks_shape_and_range(crops: torch.Tensor) -> None:
    for x in (augment(crops, seeded(1)), centre(crops)):
        assert x.shape == (16, 3, SIZE, SIZE)
        assert x.dtype == torch.float32
        assert x.min() >= -1
        assert x.max() < 1


def test_batch_repeats_with_its_seed(crops: torch.Tensor) -> None:
    assert torch.equal(augment(crops, seeded(1)), augment(crops, seeded(1)))
    assert not torch.equal(augment(crops, seeded(1)), augment(crops, seeded(2)))


@pytest.mark.parametrize("how", [relight, corrupt])
def test_pictures_stay_between_black_and_white(how: object, crops: torch.Tensor) -> None:
    x = crops.permute(0, 3, 1, 2).float() / 255
    assert callable(how)
    for seed in range(5):
        y = how(x.clone(), seeded(seed))
        assert y.shape == x.shape
        assert y.min() >= 0
        assert y.max() <= 1


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

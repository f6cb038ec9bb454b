"""Scenes composed in batches: where faces are, and the same statistics as the OpenCV reference."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", exc_type=ImportError)

import torch

from tests.support.device_reads import ReadsFromDevice, UnreadableSource
from tests.support.host_scenes import HostPhoto, HostScenes, levels
from training.common.random_source import RandomSource
from training.detector.scenes import PhotoStore, SceneBatch, SceneComposer, SourcePhoto
from training.detector.scenes.compose import PADDING
from training.detector.scenes.layout import Layout
from training.detector.scenes.occlusion import coverable_faces, occlude
from training.detector.scenes.placement import SIDE, Placement, place_faces, visible
from training.detector.scenes.sampling import Views, inside
from training.detector.square import squares

CPU = torch.device("cpu")


def smooth(height: int, width: int, seed: int) -> np.ndarray:
    small = np.random.default_rng(seed).integers(0, 255, (4, 4, 3)).astype(np.float32)
    grid = torch.from_numpy(small).permute(2, 0, 1)[None]
    large = torch.nn.functional.interpolate(grid, (height, width), mode="bilinear")
    return large[0].permute(1, 2, 0).to(torch.uint8).numpy()


PHOTOS = [
    SourcePhoto(smooth(200, 160, 1), squares([(80, 90, 70)]), squares([(20, 20, 20)])),
    SourcePhoto(smooth(220, 300, 2), squares([(100, 90, 60), (220, 100, 40)]), squares(), 2),
]
RNG = np.random.default_rng(0)
GROUNDS = [smooth(120, 300, 3), smooth(300, 300, 4)]


@pytest.fixture(scope="module")
def composer() -> SceneComposer:
    return SceneComposer(PhotoStore(PHOTOS, GROUNDS, CPU))


def padded(squares: torch.Tensor) -> torch.Tensor:
    return torch.nn.functional.pad(squares, (0, 0, 0, 64 - squares.shape[1]))


@pytest.fixture(scope="module")
def scenes(composer: SceneComposer) -> SceneBatch:
    rng = RandomSource.seeded(1)
    drawn = [composer.draw(12, rng) for _ in range(8)]  # each scene has its own layout
    return SceneBatch(
        torch.cat([part.pixels for part in drawn]),
        torch.cat([padded(part.faces) for part in drawn]),
        torch.cat([padded(part.unsure) for part in drawn]),
        torch.cat([part.face_free for part in drawn]),
    )


def test_same_seed_draws_the_same_batch(composer: SceneComposer) -> None:
    one, other = (composer.draw(6, RandomSource.seeded(5)) for _ in range(2))
    for name in ("pixels", "faces", "unsure", "face_free"):
        assert torch.equal(getattr(one, name), getattr(other, name)), name
    assert not torch.equal(one.pixels, composer.draw(6, RandomSource.seeded(6)).pixels)


def test_composition_never_makes_the_host_wait_for_the_device(composer: SceneComposer) -> None:
    rng = RandomSource.seeded(2)
    with ReadsFromDevice() as reads:
        composer.draw(12, rng)
    assert not reads.seen


def test_composition_runs_where_values_cannot_be_read() -> None:
    composer = SceneComposer(PhotoStore(PHOTOS, GROUNDS, UnreadableSource.DEVICE))
    for seed in range(2):
        batch = composer.draw(12, UnreadableSource(seed))
        for name in ("pixels", "faces", "unsure", "face_free"):
            assert getattr(batch, name).device == UnreadableSource.DEVICE, name
        assert batch.pixels.shape == (12, 3, SIDE, SIDE)


def test_scenes_have_their_faces_inside(scenes: SceneBatch) -> None:
    assert scenes.pixels.shape == (96, 3, SIDE, SIDE)
    assert ((scenes.pixels >= 0) & (scenes.pixels <= 255)).all()
    assert (scenes.pixels == scenes.pixels.round()).all(), "as photos are"
    listed = scenes.faces[..., 2] > 0
    centres = scenes.faces[..., :2][listed]
    assert ((centres > 0) & (centres < SIDE)).all()
    counts = listed.sum(1)
    assert (counts[scenes.face_free] == 0).all()
    assert scenes.face_free.float().mean() == pytest.approx(0.35, abs=0.09)
    assert counts.max() > 4
    assert (scenes.faces[:, :-1, 2] >= scenes.faces[:, 1:, 2]).all(), "the largest come first"


def test_statistics_are_those_of_the_reference(scenes: SceneBatch) -> None:
    sources = [
        HostPhoto(levels(p.pixels), p.faces, p.unsure) for p in PHOTOS for _ in range(p.uses)
    ]
    host, rng = HostScenes(sources, GROUNDS), np.random.default_rng(1)
    expected = [host.draw(rng) for _ in range(96)]
    theirs = np.concatenate([scene.faces[:, 2] for scene in expected])
    ours = scenes.faces[..., 2][scenes.faces[..., 2] > 0].numpy()
    for share in (0.1, 0.5, 0.9):
        assert np.log(np.quantile(ours, share)) == pytest.approx(
            np.log(np.quantile(theirs, share)), abs=0.3
        )
    assert len(ours) / len(theirs) == pytest.approx(1, abs=0.3)
    place = scenes.faces[..., :2][scenes.faces[..., 2] > 0].mean(0).numpy()
    assert place == pytest.approx(SIDE / 2, abs=16)
    pixels = np.stack([scene.pixels for scene in expected]).astype(np.float32)
    assert scenes.pixels.mean() == pytest.approx(pixels.mean(), abs=15)
    assert scenes.pixels.std() == pytest.approx(pixels.std(), abs=12)


def test_face_is_where_its_pixels_are() -> None:
    photo = np.zeros((200, 160, 3), np.uint8)
    photo[80:100, 70:90] = 255  # around the face's centre
    store = PhotoStore([SourcePhoto(photo, squares([(80, 90, 70)]))], [], CPU)
    drawn = SceneComposer(store).draw(60, RandomSource.seeded(3))
    bright = []
    for pixels, faces in zip(drawn.pixels, drawn.faces, strict=True):
        if faces[0, 2] > 40 and not faces[1:, 2].any():
            column, row = (int(v) for v in faces[0, :2])
            bright.append(float(pixels[:, row, column].mean() - pixels[:, :, column].mean()))
    assert len(bright) > 5
    assert np.median(bright) > 20


def test_photo_without_changes_keeps_its_pixels() -> None:
    views = Views.of(PhotoStore(PHOTOS, [], CPU), placement(angle=0.0, scale=1.0, mirror=1.0))
    grid = views.grid(0, 0, 0, 170, 200)
    tile = views.sample(0, grid).round().permute(1, 2, 0).numpy()
    assert (tile[:, :160] == PHOTOS[0].pixels).all()
    assert (tile[:, 160:] == PHOTOS[0].pixels[:, -1:]).all(), "the edge continues"
    assert (inside(grid)[0, :, :160] == 1).all()
    assert (inside(grid)[0, :, 160:] == 0).all()


@pytest.mark.parametrize("mirror", [-1.0, 1.0])
def test_squares_move_with_the_pixels(mirror: float) -> None:
    store = PhotoStore(PHOTOS, [], CPU)
    placed = placement(angle=0.5, scale=0.9, mirror=mirror)
    moved = placed.move(np.array([[[80.0, 90, 70]]], np.float32))[0, 0]
    matrix = placed.inverse(store)[0]
    back = matrix[:, :2] @ moved[:2] + matrix[:, 2]
    assert (back + 1) / 2 * (160, 200) == pytest.approx([80, 90], abs=1e-3)
    assert moved[2] == pytest.approx(63)


def test_small_copies_are_sampled_for_strong_reductions() -> None:
    store = PhotoStore(PHOTOS, [], CPU)
    widths = [store.picture(1, scale).shape[2] for scale in (1.0, 0.4, 0.01)]
    assert widths == [300, 150, 18]


def test_a_photo_that_fills_its_tile_needs_no_background() -> None:
    store = PhotoStore(PHOTOS, [], CPU)
    placed = placement(angle=0.0, scale=2.0, mirror=1.0)
    assert placed.covers(store, np.array([[319.0, 399.0]], np.float32)).tolist() == [True]
    assert placed.covers(store, np.array([[321.0, 399.0]], np.float32)).tolist() == [False]
    whole = place_faces(store, np.full((40, 2), SIDE, np.float32), True, 0.0, RNG)
    shown = whole.covers(store, np.full((40, 2), SIDE, np.float32))
    for tile in np.flatnonzero(shown):
        grid = Views.of(store, whole).grid(int(tile), 0, 0, SIDE, SIDE)
        assert inside(grid).all()


def test_a_whole_photo_is_surrounded_by_the_workers_padding() -> None:
    photo = np.full((100, 200, 3), 255, np.uint8)
    store = PhotoStore([SourcePhoto(photo, squares([(80, 50, 30)]))], GROUNDS, CPU)
    scenes = torch.empty(1, 3, SIDE, SIDE)
    layout = Layout(1, False, ((0, 0, SIDE, SIDE),))
    for seed in range(60):
        SceneComposer(store).paint(scenes, layout, np.random.default_rng(seed))
        if (scenes[0, :, 129:] == PADDING).all():
            assert (scenes[0, :, :127] == 255).float().mean() == 1
            return
    raise AssertionError("no photo was shown whole")


def test_faces_that_are_mostly_outside_are_unsure() -> None:
    faces = np.array(
        [[[50.0, 50, 40], [2, 50, 60], [90, 50, 4], [300, 50, 40], [0, 0, 0]]], np.float32
    )
    kept, unsure = visible(faces, np.zeros((1, 1, 3), np.float32), np.array([[100.0, 100]]))
    assert (kept[0, :, 2] > 0).tolist() == [True, False, False, False, False]
    assert (unsure[0, :, 2] > 0).tolist() == [False, False, True, True, False, False]


def test_only_the_tile_of_a_face_is_covered() -> None:
    scenes = torch.full((60, 3, SIDE, SIDE), 255.0)
    tiles = np.tile(np.array([(0, 0, 128, SIDE), (128, 0, SIDE, SIDE)], np.float32), (60, 1))
    faces = np.zeros((120, 2, 3), np.float32)
    faces[::2, 1] = (120, 128, 80)  # near the edge of the first tile
    faces[1::2, 0] = (60, 30, 17)  # too small
    rows = coverable_faces(faces, np.arange(120) // 2, tiles, np.zeros(120, np.float32), RNG)
    assert rows[:, 0].tolist() == list(range(60))
    occlude(scenes, rows, RNG, RandomSource.seeded(0))
    changed = (scenes < 254).any(1)
    assert changed[:, :, :128].any(2).any(1).float().mean() == pytest.approx(0.28, abs=0.2)
    assert not changed[:, :, 128:].any()
    assert not changed[:, :50].any()
    assert not changed[:, 200:].any()


class Highest(RandomSource):
    """Draws the highest number below 1."""

    def rand(self, *shape: int) -> torch.Tensor:
        return torch.full(shape, 1 - 2**-24)


def test_the_brightest_cover_is_white() -> None:
    scenes = torch.full((9, 3, SIDE, SIDE), 255.0)
    rows = np.tile(np.array([0, 128, 128, 90, 0, 0, 0, SIDE, SIDE], np.float32), (9, 1))
    rows[:, 0] = np.arange(9)
    occlude(scenes, rows, RNG, Highest.seeded(0))
    assert scenes.max() <= 255


def placement(angle: float, scale: float, mirror: float) -> Placement:
    point = np.zeros((1, 2), np.float32)
    numbers = (np.array([value], np.float32) for value in (scale, angle, mirror))
    return Placement(np.array([0]), point, point, *numbers)

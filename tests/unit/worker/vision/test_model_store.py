from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from glasses.errors import ModelError
from worker.vision import model_store
from worker.vision.model_store import load


@pytest.fixture
def model(brightness_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A model in a store of its own, where it is the default."""
    store = tmp_path / "models"
    shutil.copytree(brightness_model, store / "brightness")
    (store / "DEFAULT").write_text("brightness\n")
    monkeypatch.setattr(model_store, "MODELS", store)
    return store / "brightness"


def change(model: Path, **changes: Any) -> None:
    manifest = json.loads((model / "manifest.json").read_text())
    (model / "manifest.json").write_text(json.dumps(manifest | changes))


def test_a_model_is_found_by_name_by_folder_and_as_the_default(model: Path) -> None:
    found = load("brightness")
    assert found.manifest.name == "brightness"
    assert hashlib.sha256(found.data).hexdigest() == found.manifest.sha256
    assert load("default") == load(str(model)) == found


def test_a_model_whose_bytes_differ_from_the_release_is_rejected(model: Path) -> None:
    data = (model / "model.onnx").read_bytes()
    (model / "model.onnx").write_bytes(data[:-1] + b"!")
    with pytest.raises(ModelError) as failure:
        load("brightness")
    message = str(failure.value)
    assert str(model / "model.onnx") in message
    assert hashlib.sha256(data).hexdigest() in message
    assert hashlib.sha256(data[:-1] + b"!").hexdigest() in message
    assert "Install the package again" in message
    assert failure.value.exit_code == 2


def test_an_unknown_name_lists_the_known_ones(model: Path) -> None:
    shutil.copytree(model, model.parent / "another")
    with pytest.raises(ModelError, match=r"'best'.*another, brightness"):
        load("best")


def test_a_missing_default_is_a_readable_error(model: Path) -> None:
    (model.parent / "DEFAULT").unlink()
    with pytest.raises(ModelError, match="default"):
        load("default")


def test_a_missing_model_file_is_named(model: Path) -> None:
    (model / "model.onnx").unlink()
    with pytest.raises(ModelError, match=r"model\.onnx"):
        load("brightness")


@pytest.mark.parametrize(
    "changes",
    [
        {"sha256": "0"},
        {"name": "../x"},
        {"file": "../../etc/passwd"},
        {"file": "/etc/passwd"},
        {"threshold": 1.5},
        {"schema_version": 2},
        {"input": {}},
        {"colour": "red"},
    ],
)
def test_an_invalid_manifest_is_rejected_naming_the_field(
    model: Path, changes: dict[str, Any]
) -> None:
    change(model, **changes)
    with pytest.raises(ModelError, match=next(iter(changes))) as failure:
        load("brightness")
    assert str(model) in str(failure.value)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff"])
def test_a_damaged_manifest_is_rejected(model: Path, content: bytes) -> None:
    (model / "manifest.json").write_bytes(content)
    with pytest.raises(ModelError, match="cannot be read"):
        load("brightness")

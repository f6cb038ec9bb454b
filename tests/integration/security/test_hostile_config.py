"""Settings come from a file only where the user names it, not from a file among photos."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from glasses.config.settings import load_settings
from infra.local import seaweed
from infra.local.process import find_marked, stop
from infra.local.stack import up
from tests.support.commands import glasses
from tests.support.ports import keep_ports, own_port


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the home of a running local stack."""
    folder = tmp_path_factory.mktemp("stack").resolve()
    keep_ports(folder)
    up(folder, 0, load_settings())
    yield folder
    stop([], [identity for _, identity in find_marked(folder)], timeout=0)
    seaweed.remove_sockets(folder)


@pytest.fixture
def stranger() -> Iterator[socket.socket]:
    """Yield a server to which no command may connect."""
    with socket.create_server(("127.0.0.1", own_port())) as server:
        server.setblocking(False)
        yield server


@pytest.fixture
def photos(tmp_path: Path, demo_photos: Path, stranger: socket.socket) -> Path:
    """Return a folder of photos with a hostile `glasses.toml`."""
    folder = tmp_path / "photos"
    folder.mkdir()
    shutil.copy(demo_photos / "hopper.jpg", folder)
    port = stranger.getsockname()[1]
    (folder / "glasses.toml").write_text(
        f'redis_url = "redis://127.0.0.1:{port}/0"\ns3_endpoint = "http://127.0.0.1:{port}"\n'
        's3_access_key = "key"\ns3_secret_key = "secret"\nmodel = "."\nread_folders = ["/"]\n'
    )
    return folder


def nobody_came(stranger: socket.socket) -> bool:
    try:
        stranger.accept()[0].close()
    except BlockingIOError:
        return True
    return False


def test_no_command_uses_a_settings_file_in_the_photo_folder(
    home: Path, photos: Path, stranger: socket.socket
) -> None:
    submitted = glasses("submit", ".", "--name", "one", "--detach", home=home, cwd=photos)
    assert submitted.returncode == 0, submitted.stderr
    job = submitted.stdout.strip()
    for words, expected in {
        ("status", job): 0,
        ("results", job): 5,  # no worker runs
        ("jobs",): 0,
        ("workers",): 0,
        ("scale", "0"): 0,
        ("up", "--detach"): 0,
        ("doctor",): 3,  # no worker runs
        ("reconcile", job): 0,
        ("ps",): 0,
        ("rm", job): 0,
    }.items():
        done = glasses(*words, home=home, cwd=photos)
        assert nobody_came(stranger), words
        assert done.stderr.startswith("glasses.toml in this folder is not used: "), words
        assert "GLASSES_CONFIG=" in done.stderr.splitlines()[0]
        assert done.returncode == expected, (words, done.stderr)


def test_a_settings_file_in_the_folder_is_ignored_without_a_stack_too(
    tmp_path: Path, photos: Path, stranger: socket.socket
) -> None:
    refused = glasses("submit", ".", home=tmp_path / "none", cwd=photos)
    assert refused.returncode == 3
    assert "no servers are configured" in refused.stderr
    assert nobody_came(stranger)
    judged = glasses("classify", ".", "--format", "jsonl", home=tmp_path / "none", cwd=photos)
    assert '"model": "."' not in judged.stdout
    assert '"status": "classified"' in judged.stdout


def test_config_shows_the_source_of_each_setting(
    home: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unasked = json.loads(glasses("config", "--json", home=home, cwd=photos).stdout)
    assert unasked["redis_url"]["source"] == "local stack"
    assert unasked["model"]["source"] == unasked["read_folders"]["source"] == "default"
    file = photos / "glasses.toml"
    monkeypatch.setenv("GLASSES_CONFIG", str(file))
    asked = glasses("config", "--json", home=home, cwd=photos)
    assert json.loads(asked.stdout)["redis_url"]["source"] == str(file)
    assert asked.stderr == ""


def test_up_warns_that_a_named_file_points_to_other_servers(
    home: Path, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = photos / "glasses.toml"
    file.write_text(file.read_text().replace('model = "."\n', ""))
    monkeypatch.setenv("GLASSES_CONFIG", str(file))
    said = glasses("up", "--detach", home=home).stderr
    assert f"redis_url, s3_endpoint, s3_access_key and s3_secret_key from {file}, not" in said

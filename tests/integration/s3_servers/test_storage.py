"""The object store client on S3 servers of several makers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from glasses.client import Client
from glasses.config.settings import Settings
from glasses.errors import InfrastructureError
from glasses.storage.object_store import ObjectStore
from producer.doctor import servers as doctor_servers
from producer.doctor.finding import CheckState
from tests.support import s3_features
from tests.support.buckets import remove_bucket
from tests.support.commands import glasses

LARGE = bytes(range(256)) * 4 * 10_000  # sent in two parts


@pytest.fixture
def store(client: Client) -> Iterator[ObjectStore]:
    yield client.store
    client.store.delete(client.store.keys(""))


def test_the_page_says_what_each_server_supports(server: str, settings: Settings) -> None:
    assert s3_features.measure(settings) == s3_features.documented()[server]


def test_objects_are_stored_read_listed_and_deleted(store: ObjectStore) -> None:
    contents = {"images/b": b"two", "images/a": b"one", "packs/empty": b"", "packs/large": LARGE}
    for key, data in contents.items():
        store.put(key, data)
    store.put("images/a", b"1")
    assert [store.get(key) for key in contents] == [b"two", b"1", b"", LARGE]
    assert list(store.keys("images/")) == ["images/a", "images/b"]
    assert (store.exists("images/a"), store.exists("images/c")) == (True, False)
    assert store.get("images/c") is None
    assert store.delete(["images/a", "images/c", "packs/large"]) == 3
    assert sorted(store.keys("")) == ["images/b", "packs/empty"]


def test_a_range_of_an_object_ends_with_the_object(store: ObjectStore) -> None:
    store.put("packs/large", LARGE)
    assert store.read_range("packs/large", 300, 5) == LARGE[300:305]
    assert store.read_range("packs/large", len(LARGE) - 3, 9) == LARGE[-3:]
    assert store.read_range("packs/none", 0, 5) is None


def test_the_version_of_an_object_changes_with_its_bytes(store: ObjectStore) -> None:
    def version() -> str:
        (found,) = store.objects("jobs/")
        return found.version

    store.put("jobs/x", b"one")
    before = version()
    assert version() == before
    store.put("jobs/x", b"two")
    assert version() != before


def test_the_bucket_is_created_and_the_command_says_who_expires_photos(
    server: str, settings: Settings
) -> None:
    fresh = settings.model_copy(update={"s3_bucket": f"fresh-{server}"})
    has_rules = s3_features.documented()[server]["stores lifecycle rules"]
    for _ in range(2):
        done = glasses("bucket", settings=fresh)
        assert done.returncode == 0, done.stderr
        words = "after 14 days" if has_rules else "the server deletes nothing by itself"
        assert words in done.stderr
    store = ObjectStore(fresh)
    store.put("images/a", b"x")
    store.delete(["images/a"])
    remove_bucket(settings, fresh.s3_bucket)


def test_doctor_finds_a_working_object_store(settings: Settings) -> None:
    found = doctor_servers.object_store(settings)
    assert found.state == CheckState.OK, found.says


@pytest.mark.parametrize(
    ("name", "code"),
    [("s3_access_key", "InvalidAccessKeyId"), ("s3_secret_key", "SignatureDoesNotMatch")],
)
def test_wrong_keys_are_refused_in_the_words_of_the_server(
    name: str, code: str, settings: Settings
) -> None:
    wrong = ObjectStore(settings.model_copy(update={name: SecretStr("wrong-hunter2")}))
    with pytest.raises(
        InfrastructureError, match=rf"\({code}: .*\)\. Check s3_access_key"
    ) as raised:
        wrong.put("images/a", b"x")
    assert "hunter2" not in str(raised.value)
    with pytest.raises(InfrastructureError, match=r"denies access with these keys \(403\)\."):
        wrong.exists("images/a")  # the answer to HEAD has no body


def test_a_missing_bucket_is_named_with_the_command_that_creates_it(settings: Settings) -> None:
    elsewhere = ObjectStore(settings.model_copy(update={"s3_bucket": "not-made-yet"}))
    with pytest.raises(InfrastructureError, match="create it with `glasses bucket`"):
        elsewhere.get("images/a")

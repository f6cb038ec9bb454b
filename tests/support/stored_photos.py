"""Photos in the object store, in packs or as single objects."""

from __future__ import annotations

from collections.abc import Iterator

from glasses.client import Client
from glasses.jobs.stored_jobs import stored_jobs
from glasses.protocol.schemas import ManifestEntry
from glasses.storage.manifest import ManifestStore
from glasses.storage.object_store import IMAGES, member_key, pack_key
from glasses.storage.packs import extract, own_object_key


def stored(client: Client) -> dict[str, bytes]:
    """Return every content in the object store by sha256; a pack must be as long as its photos."""
    found: dict[str, bytes] = {}
    for key in client.store.keys(IMAGES):
        found[key.removeprefix(IMAGES).rpartition(".")[2]] = client.store.get(key) or b""
    packs: dict[str, dict[str, ManifestEntry]] = {}
    for entry in _entries(client):
        if entry.pack and entry.sha256:
            packs.setdefault(entry.pack, {})[entry.sha256] = entry
    for pack, entries in packs.items():
        data = client.store.get(pack_key(pack))
        if data is not None:
            found |= {sha256: extract(data, entry) for sha256, entry in entries.items()}
    return found


def delete_stored(client: Client, sha256: str) -> None:
    """Delete one photo from the object store; the others of its pack become single objects."""
    client.store.delete([own_object_key(e) for e in _entries(client) if e.sha256 == sha256])
    for pack in {entry.pack for entry in _entries(client) if entry.sha256 == sha256 and entry.pack}:
        data = client.store.get(pack_key(pack))
        for entry in _entries(client):
            if data is not None and entry.pack == pack and entry.sha256 not in {None, sha256}:
                client.store.put(member_key(pack, str(entry.sha256)), extract(data, entry))
        client.store.delete([pack_key(pack)])


def corrupt_stored(client: Client, sha256: str) -> None:
    """Change the bytes of one photo in the object store."""
    for entry in _entries(client):
        if entry.sha256 != sha256:
            continue
        if entry.pack is None:
            client.store.put(own_object_key(entry), b"something else")
            continue
        data = client.store.get(pack_key(entry.pack)) or b""
        start, size = entry.offset or 0, entry.size or 0
        changed = data[:start] + b"x" * size + data[start + size :]
        client.store.put(pack_key(entry.pack), changed)


def _entries(client: Client) -> Iterator[ManifestEntry]:
    files = ManifestStore(client.store)
    for job_id in stored_jobs(client.store):
        for segment in files.all_segments(job_id):
            yield from segment

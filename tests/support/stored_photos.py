"""Photos in the object store, wherever they lie: alone or in packs."""

from __future__ import annotations

from collections.abc import Iterator

from glasses.client import Client
from glasses.job_files import JobFiles
from glasses.object_store import IMAGES, image_key, pack_key
from glasses.packs import member
from glasses.recovery import stored_jobs
from glasses.schemas import ManifestEntry


def stored(client: Client) -> dict[str, bytes]:
    """Every content in the object store, by sha256. A pack must be as long as its photos."""
    found: dict[str, bytes] = {}
    for key in client.store.keys(IMAGES):
        found[key.removeprefix(IMAGES)] = client.store.get(key) or b""
    packs: dict[str, dict[str, ManifestEntry]] = {}
    for entry in _entries(client):
        if entry.pack and entry.sha256:
            packs.setdefault(entry.pack, {})[entry.sha256] = entry
    for pack, entries in packs.items():
        data = client.store.get(pack_key(pack))
        if data is not None:
            found |= {sha256: member(data, entry) for sha256, entry in entries.items()}
    return found


def lose(client: Client, sha256: str) -> None:
    """Take one photo out of the object store; what shares a pack with it lies alone from now on."""
    client.store.delete([image_key(sha256)])
    for pack in {entry.pack for entry in _entries(client) if entry.sha256 == sha256 and entry.pack}:
        data = client.store.get(pack_key(pack))
        for entry in _entries(client):
            if data is not None and entry.pack == pack and entry.sha256 not in {None, sha256}:
                client.store.put(image_key(str(entry.sha256)), member(data, entry))
        client.store.delete([pack_key(pack)])


def spoil(client: Client, sha256: str) -> None:
    """Change one photo's bytes in the object store."""
    for entry in _entries(client):
        if entry.sha256 != sha256:
            continue
        if entry.pack is None:
            client.store.put(image_key(sha256), b"something else")
            continue
        data = client.store.get(pack_key(entry.pack)) or b""
        start, size = entry.offset or 0, entry.size or 0
        changed = data[:start] + b"x" * size + data[start + size :]
        client.store.put(pack_key(entry.pack), changed)


def _entries(client: Client) -> Iterator[ManifestEntry]:
    files = JobFiles(client.store)
    for job_id in stored_jobs(client.store):
        for segment in files.all_segments(job_id):
            yield from segment

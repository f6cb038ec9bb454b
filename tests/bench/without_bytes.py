"""The `glasses` command without uploads, for backlogs that would take the disk too long.

Run `python -m tests.bench.without_bytes` like `python -m producer`. Files are read and hashed twice
as usual, and manifest, ledger and queue are real. Only the PUT requests of photos are skipped.
"""

from __future__ import annotations

from glasses.storage.object_store import IMAGES, PACKS, ObjectStore

_put = ObjectStore.put


def put(self: ObjectStore, key: str, data: bytes) -> None:
    """Replace `ObjectStore.put`: skip photos and packs."""
    if not key.startswith((IMAGES, PACKS)):
        _put(self, key, data)


if __name__ == "__main__":
    from producer.main import main

    ObjectStore.put = put  # type: ignore[method-assign]
    main()

"""`python fill_bucket.py BUCKET FILE…`: put photos into a bucket, as another program would."""

from __future__ import annotations

import sys
from pathlib import Path

from glasses.config.settings import load_settings
from glasses.storage.object_store import ObjectStore


def main() -> None:
    """Create the bucket and put the files into it."""
    store = ObjectStore(load_settings(s3_bucket=sys.argv[1]))
    store.ensure_bucket(1)
    for name in sys.argv[2:]:
        store.put(Path(name).name, Path(name).read_bytes())


if __name__ == "__main__":
    main()

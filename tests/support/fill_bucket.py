"""`python fill_bucket.py BUCKET FILE…`: as somebody else's program has put photos into a bucket."""

from __future__ import annotations

import sys
from pathlib import Path

from glasses.object_store import ObjectStore
from glasses.settings import load_settings


def main() -> None:
    """Create the bucket and put the files into it."""
    store = ObjectStore(load_settings(s3_bucket=sys.argv[1]))
    store.ensure_bucket(1)
    for name in sys.argv[2:]:
        store.put(Path(name).name, Path(name).read_bytes())


if __name__ == "__main__":
    main()

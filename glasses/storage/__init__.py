"""Object storage (S3): the object store, its bucket, packs, manifests and deduplication."""

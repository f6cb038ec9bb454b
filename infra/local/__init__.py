"""The local stack: Valkey, an S3 server and workers on this machine."""

"""The local stack: a real Valkey, a real S3 server and workers on this machine."""

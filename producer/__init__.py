"""The `glasses` command."""

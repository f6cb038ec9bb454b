"""The subcommands, one file each. Heavy imports are inside functions, to keep `--help` fast."""

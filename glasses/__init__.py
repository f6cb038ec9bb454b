"""Tell which people in a pile of photos wear glasses: what every part of it shares."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("people-with-glasses")
except PackageNotFoundError:
    __version__ = "0"

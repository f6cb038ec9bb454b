"""The vision pipeline: photo bytes to a result, without servers."""

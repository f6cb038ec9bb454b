"""Optional comparisons: other backbones, other quantizations."""

"""Tell which people in a pile of photos wear glasses: what every part of it shares."""

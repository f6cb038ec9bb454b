"""What the authors of published sets allow, for those that lie here as a plain folder."""

from __future__ import annotations

UNKNOWN = "terms unknown: taken as research only"

BY_FOLDER = {
    "all_age_faces": "no licence stated: research only (All-Age-Faces)",
    "celeba_wild": "non-commercial research only (CelebA agreement)",
    "lfw": "research (Labeled Faces in the Wild)",
    "mtfl": "research (MTFL)",
    "selfies_sunglasses": "unknown origin: research only (web selfies)",
}


def terms_of(name: str) -> str:
    """The terms of a folder of labelled photos, by its name."""
    return BY_FOLDER.get(name, UNKNOWN)

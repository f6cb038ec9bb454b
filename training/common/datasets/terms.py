"""Terms of published datasets that are used as a folder with `labels.csv`."""

from __future__ import annotations

OWN = "own photos, terms not stated"
"""What is not a published dataset."""

BY_FOLDER = {
    "all_age_faces_60plus": "no licence stated: research only (All-Age-Faces)",
    "cmu_faces": "CC BY 4.0 (CMU Face Images)",
    "fairface_60plus": "CC BY 4.0 (FairFace)",
    "masks": "unknown origin: research only (web photos of masks)",
    "ytf_frames": "research (YouTube Faces)",
    "all_age_faces": "no licence stated: research only (All-Age-Faces)",
    "celeba_wild": "non-commercial research only (CelebA agreement)",
    "lfw": "research (Labeled Faces in the Wild)",
    "mtfl": "research (MTFL)",
    "selfies_sunglasses": "unknown origin: research only (web selfies)",
}


def terms_of(name: str) -> str:
    """Return the terms of a folder of labelled photos by its name, `OWN` if it is unknown."""
    return BY_FOLDER.get(name, OWN)

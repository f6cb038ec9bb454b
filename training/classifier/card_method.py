"""The card's paragraphs on how accuracy was measured: on which people, labels and intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from training.classifier.evaluate import OVERALL
from training.common.card import published
from worker.vision.model_manifest import ModelManifest
from worker.vision.pipeline import GLASSES_CONFIDENCE


def method(manifest: ModelManifest, report: Mapping[str, Any]) -> str:
    """Return the paragraphs above the tables of accuracy.

    Args:
        manifest: The release.
        report: See `training.classifier.card.card`.
    """
    return (
        f"{_people(manifest, report)}{_copies(report)}\n\n"
        "The whole pipeline is evaluated, from photo to verdict: any positive face makes the photo "
        "positive (also a face that the label does not refer to), no face found is negative, and a "
        f"low-confidence face counts if the probability of glasses is {GLASSES_CONFIDENCE} or "
        f"more. {_threshold(report)} "
        f"{_intervals(report)} {_labels(manifest, report)}"
    )


def _threshold(report: Mapping[str, Any]) -> str:
    photos = report["validation_photos"]
    threshold, own = (report["int8"][key] for key in ("threshold", "own_threshold"))
    highest = "the highest expected F1 over collections with 5 to 50 % of people with glasses"
    if threshold == own:
        return (
            f"Calibration and threshold come from {photos} further photos; the threshold has "
            f"{highest}."
        )
    return (
        f"The calibration comes from {photos} further photos. On them, a threshold of {own} has "
        f"{highest}; {threshold} was chosen by hand, for photos of other kinds than these sets."
    )


def _people(manifest: ModelManifest, report: Mapping[str, Any]) -> str:
    photos = report["int8"]["by_dataset"][OVERALL]["photos"]
    unknown = _unknown(report)
    known = photos - sum(unknown.values())
    start = (
        f" `{manifest.started_from}`, from which training started, may know some of them."
        if manifest.started_from
        else ""
    )
    if not known:
        return (
            f"Test part of those sets: {photos} photos that were not used for training.{start} "
            "Who is in them is unknown: the same people may be in the training part, which makes "
            "the figures too good for new people. They are not about a new kind of photo, either."
        )
    if not unknown:
        twice = (
            " A celebrity with different names in two sets may be in both parts."
            if published(manifest)
            else ""
        )
        return (
            f"Test part of those sets: {photos} photos of people of whom no photo was used for "
            f"training.{start}{twice} The figures are about new people, not about a new kind of "
            "photo."
        )
    return (
        f"Test part of those sets: {photos} photos that were not used for training, {known} of "
        f"them of people of whom no photo was.{start} Who is in the other {photos - known}, of "
        f"{_listed(list(unknown))}, is unknown: these people may be in the training part, which "
        "makes the figures of those sets too good for new people. No figure is about a new kind of "
        "photo."
    )


def _copies(report: Mapping[str, Any]) -> str:
    copies = report["copies"]
    what = "One of them is a copy" if copies == 1 else f"{copies} of them are copies"
    return f" {what} of another test photo; no copy was used for training." if copies else ""


def _unknown(report: Mapping[str, Any]) -> dict[str, int]:
    """Return the number of test photos without a person's name, of each set that has any."""
    return {name: count for name, count in report["unknown_people"].items() if count}


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _intervals(report: Mapping[str, Any]) -> str:
    photos = report["int8"]["by_dataset"][OVERALL]["photos"]
    unknown = sum(_unknown(report).values())
    drawn = "by person"
    if unknown:
        drawn = "by photo" if unknown == photos else "by person, or photo where people are unknown"
    return (
        f"Intervals are 95 %: Wilson's for precision and recall, over photos; of F1 drawn {drawn}. "
        "Photos of the same person make intervals over photos too narrow. Without mistakes F1 has "
        "no interval; those of precision and recall show how little a few photos say."
    )


def _labels(manifest: ModelManifest, report: Mapping[str, Any]) -> str:
    corrected = report.get("corrected_labels", 0)
    if not corrected and published(manifest):
        return "1 to 2 % of the sets' labels are wrong."
    if not corrected:
        return "The labels are taken as they are; `glasses-train audit` lists doubtful ones."
    return (
        "Labels that networks doubted, some of which had learned from the photo, were checked by "
        f"eye and {corrected} of them corrected, in the training part and in the test part. Labels "
        "that no network doubts may still be wrong, so these figures are slightly optimistic."
    )

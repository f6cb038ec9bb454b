"""Explanations: what each stage found in a photo, how long it took, what the model relied on."""

from worker.vision.explain.explain import Explainer
from worker.vision.explain.explanation import (
    ExplainedFace,
    ExplainedProposal,
    Explanation,
    ProposalPass,
)

__all__ = ["ExplainedFace", "ExplainedProposal", "Explainer", "Explanation", "ProposalPass"]

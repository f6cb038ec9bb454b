"""Why a photo got its verdict: what each stage saw, how long it took, what the model looked at."""

from worker.explain.explain import Explainer
from worker.explain.explanation import ExplainedFace, Explanation, Look, Seen

__all__ = ["ExplainedFace", "Explainer", "Explanation", "Look", "Seen"]

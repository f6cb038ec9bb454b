"""Hypothesis strategies for the parts of a message."""

from __future__ import annotations

from hypothesis import strategies as st

CHUNK = {"schema_version": 3, "job_id": "abcdefgh", "start": 0, "count": 1}

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
HEADERS = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        [
            "task", "id", "timelimit", "eta", "expires", "retries", "group", "root_id", "shadow",
            "stamped_headers", "stamps", "replaced_task_nesting", "compression",
        ],
        JSON,
    ),
)  # fmt: skip
PROPERTIES = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(
        ["delivery_tag", "delivery_info", "priority", "body_encoding", "reply_to"], JSON
    ),
)
BODIES = JSON | st.tuples(st.lists(JSON | st.just(CHUNK), max_size=2), JSON, JSON)

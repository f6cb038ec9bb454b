from __future__ import annotations

import pytest

from infra.local.stack_processes import WORKER, role, worker_name
from infra.local.worker_pool import plan


@pytest.mark.parametrize(
    ("sizes", "wanted", "stay", "new"),
    [
        ({}, 2, [], 2),
        ({"worker": 1}, 4, ["worker"], 3),
        ({"worker": 1, "worker-2": 3}, 1, ["worker"], 0),
        ({"worker": 4}, 1, [], 1),
        ({"worker": 4, "worker-2": 2}, 5, ["worker"], 1),
        ({"worker": 2}, 2, ["worker"], 0),
        ({"worker": 2}, 0, [], 0),
    ],
)
def test_existing_workers_keep_their_processes_and_a_new_one_has_the_rest(
    sizes: dict[str, int], wanted: int, stay: list[str], new: int
) -> None:
    assert plan(sizes, wanted) == (stay, new)


def test_every_worker_name_has_the_role_of_a_worker() -> None:
    assert {role(worker_name(number)) for number in range(1, 12)} == {WORKER}

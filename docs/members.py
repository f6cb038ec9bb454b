"""What the source says below each member of an enum."""

from __future__ import annotations

import ast
import inspect
import textwrap
from enum import StrEnum


def meanings(enum: type[StrEnum]) -> dict[str, str]:
    """Value -> meaning, in the order of the source.

    Raises:
        ValueError: A member has no docstring.
    """
    (definition,) = ast.parse(textwrap.dedent(inspect.getsource(enum))).body
    assert isinstance(definition, ast.ClassDef)
    texts: dict[str, str] = {}
    for node, following in zip(definition.body, [*definition.body[1:], None], strict=True):
        if isinstance(node, ast.Assign) and isinstance(following, ast.Expr):
            (target,) = node.targets
            assert isinstance(target, ast.Name)
            texts[target.id] = " ".join(str(ast.literal_eval(following.value)).split())
    if without := [member.name for member in enum if member.name not in texts]:
        raise ValueError(f"{enum.__name__}.{', '.join(without)}: say what it means below it")
    return {member.value: texts[member.name] for member in enum}

"""MobileNetV3 Large and Small (Howard et al. 2019, arXiv:1905.02244), width 1.0.

Parameters are named as torchvision's (`features.N.block...`, `classifier.3...`): its published
checkpoints load. torchvision itself is not needed.
"""

from __future__ import annotations

from functools import partial

from torch import Tensor, nn
from torch.nn import functional

Stage = tuple[int, int, int, bool, bool, int]

LARGE: tuple[Stage, ...] = (
    # kernel, expanded channels, channels, squeeze and excite, hard swish, stride
    (3, 16, 16, False, False, 1),
    (3, 64, 24, False, False, 2),
    (3, 72, 24, False, False, 1),
    (5, 72, 40, True, False, 2),
    (5, 120, 40, True, False, 1),
    (5, 120, 40, True, False, 1),
    (3, 240, 80, False, True, 2),
    (3, 200, 80, False, True, 1),
    (3, 184, 80, False, True, 1),
    (3, 184, 80, False, True, 1),
    (3, 480, 112, True, True, 1),
    (3, 672, 112, True, True, 1),
    (5, 672, 160, True, True, 2),
    (5, 960, 160, True, True, 1),
    (5, 960, 160, True, True, 1),
)
SMALL: tuple[Stage, ...] = (
    (3, 16, 16, True, False, 2),
    (3, 72, 24, False, False, 2),
    (3, 88, 24, False, False, 1),
    (5, 96, 40, True, True, 2),
    (5, 240, 40, True, True, 1),
    (5, 240, 40, True, True, 1),
    (5, 120, 48, True, True, 1),
    (5, 144, 48, True, True, 1),
    (5, 288, 96, True, True, 2),
    (5, 576, 96, True, True, 1),
    (5, 576, 96, True, True, 1),
)
STEM = 16
_norm = partial(nn.BatchNorm2d, eps=1e-3, momentum=0.01)


def conv_bn(
    inputs: int, outputs: int, size: int, stride: int, groups: int, activation: nn.Module | None
) -> nn.Sequential:
    """Return convolution, batch norm and, if given, an activation."""
    conv = nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False)
    return nn.Sequential(conv, _norm(outputs), *([] if activation is None else [activation]))


class SqueezeExcitation(nn.Module):  # type: ignore[misc]  # torch is not followed
    """Weight channels by their global average."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        squeezed = _divisible(channels // 4)
        self.fc1 = nn.Conv2d(channels, squeezed, 1)
        self.fc2 = nn.Conv2d(squeezed, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        """Map N × channels × H × W to the same shape."""
        scale = functional.relu(self.fc1(functional.adaptive_avg_pool2d(x, 1)))
        return x * functional.hardsigmoid(self.fc2(scale))


class InvertedResidualV3(nn.Module):  # type: ignore[misc]  # torch is not followed
    """Expand, filter each channel, weight channels, project; a shortcut where the shape stays."""

    def __init__(self, inputs: int, stage: Stage) -> None:
        super().__init__()
        kernel, wide, outputs, excite, swish, stride = stage
        act = nn.Hardswish if swish else nn.ReLU
        layers: list[nn.Module] = []
        if wide != inputs:
            layers.append(conv_bn(inputs, wide, 1, 1, 1, act(inplace=True)))
        layers.append(conv_bn(wide, wide, kernel, stride, wide, act(inplace=True)))
        if excite:
            layers.append(SqueezeExcitation(wide))
        layers.append(conv_bn(wide, outputs, 1, 1, 1, None))
        self.block = nn.Sequential(*layers)
        self.use_res_connect = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Map N × inputs × H × W to N × outputs × H/stride × W/stride."""
        result: Tensor = self.block(x)
        return x + result if self.use_res_connect else result


class MobileNetV3(nn.Module):  # type: ignore[misc]  # torch is not followed
    """MobileNetV3.

    Args:
        stages: `LARGE` or `SMALL`.
        hidden: Width of the layer before the last: 1280 or 1024.
        classes: Number of outputs; 1 for one logit of glasses.
        dropout: Before the last layer, in training.
    """

    def __init__(
        self, stages: tuple[Stage, ...], hidden: int, classes: int = 1, dropout: float = 0.2
    ) -> None:
        super().__init__()
        layers: list[nn.Module] = [conv_bn(3, STEM, 3, 2, 1, nn.Hardswish(inplace=True))]
        channels = STEM
        for stage in stages:
            layers.append(InvertedResidualV3(channels, stage))
            channels = stage[2]
        layers.append(conv_bn(channels, 6 * channels, 1, 1, 1, nn.Hardswish(inplace=True)))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(
            nn.Linear(6 * channels, hidden),
            nn.Hardswish(inplace=True),
            nn.Dropout(dropout),
            nn.Linear(hidden, classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map N × 3 × H × W to N × classes logits."""
        pooled = functional.adaptive_avg_pool2d(self.features(x), 1).flatten(1)
        logits: Tensor = self.classifier(pooled)
        return logits


def _divisible(channels: int, by: int = 8) -> int:
    rounded = max(by, (channels + by // 2) // by * by)
    return rounded if rounded >= 0.9 * channels else rounded + by

"""MobileNetV2 (Sandler et al. 2018, arXiv:1801.04381), width 1.0.

Parameters are named as torchvision's (`features.N...`, `classifier.1...`): a checkpoint of
either loads into the other. torchvision itself is not needed.
"""

from __future__ import annotations

from torch import Tensor, nn
from torch.nn import functional

STAGES = (
    # expansion, channels, blocks, stride of the first
    (1, 16, 1, 1),
    (6, 24, 2, 2),
    (6, 32, 3, 2),
    (6, 64, 4, 2),
    (6, 96, 3, 1),
    (6, 160, 3, 2),
    (6, 320, 1, 1),
)
STEM = 32
HEAD = 1280


def conv_bn(inputs: int, outputs: int, size: int, stride: int, groups: int = 1) -> nn.Sequential:
    """Return convolution, batch norm and ReLU6."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, size, stride, size // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU6(inplace=True),
    )


class InvertedResidual(nn.Module):  # type: ignore[misc]  # torch is not followed
    """Expand, filter each channel, project; with a shortcut where the shape stays."""

    def __init__(self, inputs: int, outputs: int, stride: int, expansion: int) -> None:
        super().__init__()
        wide = inputs * expansion
        layers: list[nn.Module] = [] if expansion == 1 else [conv_bn(inputs, wide, 1, 1)]
        layers += [
            conv_bn(wide, wide, 3, stride, groups=wide),
            nn.Conv2d(wide, outputs, 1, bias=False),
            nn.BatchNorm2d(outputs),
        ]
        self.conv = nn.Sequential(*layers)
        self.use_res_connect = stride == 1 and inputs == outputs

    def forward(self, x: Tensor) -> Tensor:
        """Map N × inputs × H × W to N × outputs × H/stride × W/stride."""
        result: Tensor = self.conv(x)
        return x + result if self.use_res_connect else result


class MobileNetV2(nn.Module):  # type: ignore[misc]  # torch is not followed
    """MobileNetV2.

    Args:
        classes: Number of outputs; 1 for one logit of glasses.
        dropout: Before the last layer, in training.
    """

    def __init__(self, classes: int = 1, dropout: float = 0.2) -> None:
        super().__init__()
        layers: list[nn.Module] = [conv_bn(3, STEM, 3, 2)]
        channels = STEM
        for expansion, outputs, blocks, stride in STAGES:
            for i in range(blocks):
                layers.append(
                    InvertedResidual(channels, outputs, stride if i == 0 else 1, expansion)
                )
                channels = outputs
        layers.append(conv_bn(channels, HEAD, 1, 1))
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(dropout), nn.Linear(HEAD, classes))

    def forward(self, x: Tensor) -> Tensor:
        """Return logits.

        Args:
            x: N × 3 × H × W, normalized as `training.common.geometry.INPUT` says.

        Returns:
            N × classes.
        """
        pooled = functional.adaptive_avg_pool2d(self.features(x), 1).flatten(1)
        logits: Tensor = self.classifier(pooled)
        return logits


def convolutions(model: MobileNetV2) -> list[tuple[nn.Conv2d, nn.BatchNorm2d]]:
    """Return every convolution with the batch norm that follows it, in network order."""
    leaves = [m for m in model.features.modules() if isinstance(m, nn.Conv2d | nn.BatchNorm2d)]
    pairs = zip(leaves[::2], leaves[1::2], strict=True)
    return [(c, b) for c, b in pairs if isinstance(c, nn.Conv2d) and isinstance(b, nn.BatchNorm2d)]

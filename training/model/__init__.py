"""Networks, with torchvision's parameter names, so that its published checkpoints load."""

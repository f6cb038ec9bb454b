"""Networks with torchvision's parameter names: its published checkpoints load."""

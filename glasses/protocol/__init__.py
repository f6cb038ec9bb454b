"""Protocol: the frozen models and enums shared by all parts."""

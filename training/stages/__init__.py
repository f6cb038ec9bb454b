"""The stages as the command runs them: each reads what the one before left in the workspace."""

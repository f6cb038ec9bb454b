"""The stages of the classifier: each reads what the previous one wrote to the workspace."""

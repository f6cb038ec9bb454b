"""Running it: the local stack, and what deploys it elsewhere."""

"""Photos that anyone may redistribute, and the scripts that made them."""

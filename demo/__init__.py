"""Demo photos that may be redistributed freely, and the scripts that make and classify them."""

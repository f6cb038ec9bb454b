"""The second output: given glasses, are they sunglasses; trained on a finished network."""

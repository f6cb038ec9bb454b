"""The face detector, from pseudo-labels to a released network."""

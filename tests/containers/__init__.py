"""`make containers`: images and Compose with a real container engine, where one is installed."""

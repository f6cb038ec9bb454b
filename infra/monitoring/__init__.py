"""What is watched: a Prometheus exporter, and a dashboard and alarms that read it."""

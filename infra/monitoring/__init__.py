"""Monitoring: a Prometheus exporter, alert rules and a Grafana dashboard."""

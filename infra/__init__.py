"""Infrastructure: the local stack, container images, deployment files and monitoring."""

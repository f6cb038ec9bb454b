"""Configuration: settings, server addresses, the local stack's file, logging and retries."""

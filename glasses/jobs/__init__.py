"""What a client does with a job: submission, results, recovery, removal, forecast."""

"""What both networks share: data, training loop, export, evaluation, card and release."""

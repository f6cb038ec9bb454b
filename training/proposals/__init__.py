"""The network that proposes where faces are: teacher's boxes -> scenes -> fit -> release."""

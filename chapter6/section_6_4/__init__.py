"""6-4, generative adversarial networks, and the MNIST program."""

EXPERIMENTS = ()
COMMANDS = ("gan", "sample", "history", "export", "evaluate")

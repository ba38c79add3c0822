"""6-4, generative adversarial networks, and the MNIST program."""

EXPERIMENTS = (
    "adversarial",
    "photographs",
    "adversarial_training",
    "principle",
    "optimal_discriminator",
    "generator_losses",
    "gan",
    "evaluate",
)
COMMANDS = ("sample", "history", "export", "recipes")

"""6-5, transfer learning."""

EXPERIMENTS = ("transfer_curves",)
COMMANDS = ("published_setting",)

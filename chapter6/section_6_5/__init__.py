"""6-5, transfer learning."""

EXPERIMENTS = ("transfer_curves", "published_setting")

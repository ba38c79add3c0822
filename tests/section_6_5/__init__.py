from chapter6.section_6_5 import transfer_curves

WAYS = transfer_curves.WAYS


def curve_settings(**options):
    return transfer_curves.Settings(
        **{"labels": (10, 50), "source_epochs": 1, "epochs": 1, "updates": 3, "repetitions": 2} | options
    )

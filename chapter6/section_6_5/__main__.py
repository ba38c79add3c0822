from chapter6.runner.start import start

start("chapter6.section_6_5")

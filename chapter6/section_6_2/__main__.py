from chapter6.runner.command_line import main

main("chapter6.section_6_2")

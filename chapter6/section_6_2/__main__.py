from chapter6.command_line import main

main("chapter6.section_6_2")

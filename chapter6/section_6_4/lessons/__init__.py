"""What the notebook of section 6-4 teaches about each experiment."""

from chapter6.section_6_4.lessons.attacks import LESSONS as ATTACKS
from chapter6.section_6_4.lessons.principle import LESSONS as PRINCIPLE
from chapter6.section_6_4.lessons.program import LESSONS as PROGRAM

LESSONS = {**ATTACKS, **PRINCIPLE, **PROGRAM}

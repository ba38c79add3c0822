"""What the notebook of section 6-2 teaches about each experiment."""

from chapter6.section_6_2 import EXPERIMENTS
from chapter6.section_6_2.lessons import capacity, search

LESSONS = {name: (capacity.LESSONS | search.LESSONS)[name] for name in EXPERIMENTS}

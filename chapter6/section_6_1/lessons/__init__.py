"""What the notebook of section 6-1 teaches about each experiment."""

from chapter6.section_6_1.lessons import outcomes, schemes, starts

LESSONS = starts.LESSONS | schemes.LESSONS | outcomes.LESSONS

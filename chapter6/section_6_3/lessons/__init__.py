"""What the notebook of section 6-3 teaches about each experiment."""

from chapter6.section_6_3.lessons import adagrad, adam, recurrent, rmsprop

LESSONS = adagrad.LESSONS | rmsprop.LESSONS | adam.LESSONS | recurrent.LESSONS

"""Chapter 6 of the course, optimizing deep-learning models, as a TensorFlow 2 / Keras 3 port.

A section of the slides is a package that runs, ``python -m chapter6.section_6_4``; what it uses is a
module that imports, ``from chapter6.mnist import load_mnist``. Importing this package is instant: it
does not import TensorFlow.
"""

__version__ = "0.1.0"

SECTIONS = ("section_6_1", "section_6_2", "section_6_3", "section_6_4", "section_6_5")

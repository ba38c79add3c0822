"""Classifiers of MNIST for all sections: many networks side by side, and one compiled training loop."""

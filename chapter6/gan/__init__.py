"""6-4, the lecture's GAN: the model, its checkpoints, its event files and its pictures."""

"""Training of a trkx bundle: embedding, filter and graph neural network."""

"""Training of the default trkx bundle: embedding, filter and graph neural network."""

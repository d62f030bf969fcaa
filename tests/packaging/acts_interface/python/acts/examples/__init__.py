"""For tests: a sequencer with one event, which has a whiteboard, and algorithms that are called in a row."""


class Sequencer:
    def __init__(self, whiteboard):
        self.whiteboard = whiteboard
        self.algorithms = []

    def addAlgorithm(self, algorithm):
        self.algorithms.append(algorithm)

    def run(self):
        for algorithm in self.algorithms:
            algorithm(self.whiteboard)

"""For tests: the stages' base classes, the devices and the pipeline, as in ACTS since v46.2."""

from .ActsPluginsPythonBindingsGnn import *

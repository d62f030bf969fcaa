"""For tests: the least of ACTS' Python that adapters/acts uses. See README.md of tests/packaging/acts_interface."""

from .ActsPythonBindings import logging

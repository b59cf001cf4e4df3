"""The version of the package, which reports and cached answers carry."""

__version__ = "0.1.0"

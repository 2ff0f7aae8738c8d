"""Build the drawn world and train the bundled models: run as ``python -m training.NAME`` from the repository."""

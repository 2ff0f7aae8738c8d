"""Fitting models to your pictures and your machine: lighter models, and fine-tuning."""

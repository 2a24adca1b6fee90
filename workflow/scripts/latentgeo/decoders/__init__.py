"""Decoders as functions with exact derivatives: values, pulled-back residuals, pushed tangents."""

"""What `import latentgeo` offers: one's own decoders measured, in one call each."""

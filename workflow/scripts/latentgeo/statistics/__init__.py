"""What the study concludes from its geodesics."""

"""Measures, each as a ratio to a floor taken in the same run: machines are noisy, ratios less so. No tests."""

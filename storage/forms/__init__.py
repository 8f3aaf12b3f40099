"""Forms as data, and their logic without a screen."""

"""Speaks to one server after the other and says whether each answers rightly: ``hongyan probe``."""

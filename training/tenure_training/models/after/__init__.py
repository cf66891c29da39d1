"""What follows from a prediction: the next order, value beyond the horizon, and what is left of it after costs."""

"""Where sounds are: differences between the left and the right channel."""

"""What makes the documentation's pictures."""

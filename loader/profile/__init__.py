"""The profile of a delivery: what is in it, what is wrong with it, what changed."""

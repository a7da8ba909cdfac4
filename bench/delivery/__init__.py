"""What a million digests cost, measured against the fastest sender there is."""

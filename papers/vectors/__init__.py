"""Papers as vectors: what they are about, in numbers that can be compared."""

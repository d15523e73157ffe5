"""Moving in from another bot: what its files say about who follows which feed."""

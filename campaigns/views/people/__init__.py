"""The people of a campaign: where each is, why not yet, what is uncertain."""

"""What admins set and look after: subscription tiers, suppression, history, proof."""

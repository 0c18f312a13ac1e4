"""What came of it: rates, costs and credits, of confirmed things only."""

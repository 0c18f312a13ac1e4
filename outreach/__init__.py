"""The product: wiring on top, rules at the bottom; owns no tables."""

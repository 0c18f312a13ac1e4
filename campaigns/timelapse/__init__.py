"""Days in minutes: the product on virtual time against the simulator, lock-step or with real workers that are
killed."""

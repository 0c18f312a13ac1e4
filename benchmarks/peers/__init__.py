"""Programs of peers, each run by an interpreter that has its packages and nothing of ours."""

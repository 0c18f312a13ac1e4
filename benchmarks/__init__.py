"""How fast the product is beside what it stands on: every figure has its bound measured in the same run.

A bound is the least that any program would have to do for the same result: the same rows written by key, the same HTTP
calls, the same number of commits. Rates drift with the machine, ratios hardly do; so ours and the bound take turns
(A B A B …) and the medians are printed. docs/performance.md says what was found.
"""

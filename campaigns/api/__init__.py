"""The API: the same verbs as the pages. An endpoint reads a shape, calls one verb, and answers with a shape."""

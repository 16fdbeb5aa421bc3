"""House rules, which SQLMesh finds by this folder's name."""

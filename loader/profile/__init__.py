"""The profile of a delivery: what is in it, what is wrong with it, and what changed since the one before.

The SQL files of this folder compute it all; `compute` runs them, `report` renders what they found, and `draft` writes a
first contract from it.
"""

from loader.profile.compute import Profile, profile
from loader.profile.draft import draft
from loader.profile.report import earlier, render, write

__all__ = ["Profile", "draft", "earlier", "profile", "render", "write"]

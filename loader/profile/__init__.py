"""The profile of a delivery: what is in it, what is wrong with it, and what changed since the one before.

The SQL files of this folder compute it all; `compute` runs them, and `draft` writes a first contract from what they
found. workbench/profile_page.py shows it as a page.
"""

from loader.profile.compute import Profile, profile
from loader.profile.draft import draft

__all__ = ["Profile", "draft", "profile"]

"""The profile of a delivery: what is in it, what is wrong with it, and what changed since the one before.

The SQL files of this folder compute it all, and `compute` runs them. workbench/profile_page.py shows it as a page, and
workbench/draft.py writes a first contract from what they found.
"""

from loader.profile.compute import Profile, profile

__all__ = ["Profile", "profile"]

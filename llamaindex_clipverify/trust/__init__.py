"""Trust: from evidence to one calibrated probability per claim, and from there to a verdict."""

from llamaindex_clipverify.trust.fusion import Trust, fuse
from llamaindex_clipverify.trust.guarantee import Guarantee
from llamaindex_clipverify.trust.profile import Profile
from llamaindex_clipverify.trust.verdict import Policy, Verdict

__all__ = ["Guarantee", "Policy", "Profile", "Trust", "Verdict", "fuse"]

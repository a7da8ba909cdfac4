"""What strict outside readers say of our letters: each tool in one file, run where it is installed."""

from newsletter.validating.letters import Sample, Verdict, samples
from newsletter.validating.tools import TOOLS, Tool

__all__ = ["TOOLS", "Sample", "Tool", "Verdict", "samples"]

"""Every candidate, from a one-line baseline to the blend, behind one contract."""

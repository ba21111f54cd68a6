"""Kinds of facts that a long document holds, and the questions about them."""

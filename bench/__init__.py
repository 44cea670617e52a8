"""Benchmarks: each module measures one promise of the design as a ratio within one run."""

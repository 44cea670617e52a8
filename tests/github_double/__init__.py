"""A GitHub on loopback that tests run against: it keeps state, and takes nothing that GitHub would refuse."""

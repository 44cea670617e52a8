"""What gitopsmith decides, as pure functions of values: no clock, disk, network or process."""

"""The parts of this project that are its own: what `_target_: my_project...` in conf names."""

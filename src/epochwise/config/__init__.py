"""A config and a command line checked before anything heavy is imported."""

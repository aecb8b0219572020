"""The console script ``hongyan``; each subcommand is a module that is imported when it runs."""

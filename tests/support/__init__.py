"""What several tests need: people at browsers, servers of their own, clocks, a plain reading of the duties."""

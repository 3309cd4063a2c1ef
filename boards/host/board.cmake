# The machine that builds: programs run as they are.

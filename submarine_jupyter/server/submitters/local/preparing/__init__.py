"""The program that prepares a run: a step of its supervisor, in a process of its own."""

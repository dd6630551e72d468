"""The experiment server: the Experiment API over a store and a submitter, without Jupyter."""

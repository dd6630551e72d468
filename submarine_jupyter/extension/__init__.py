"""The Jupyter Server extension: authenticates, proxies to named upstreams, fans streams out."""

"""What a run is on disk and by which rules it goes on, whatever engine has its replicas."""

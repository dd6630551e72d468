"""Experiments as jobs of the Kubeflow training operator.

Manifests are built as plain data (`manifests`, `containers`, `plan`). A thread of the server holds
the connection (`cluster`), watches jobs and pods (`watching`, `engine`), and writes what it sees
into the files of each run (`run`, `pods`, `following`), from which the server reads it.
docs/kubernetes.md tells what was tested against what, docs/decisions why it is so.
"""

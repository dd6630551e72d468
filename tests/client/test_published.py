"""Programs that were written for the published client, with their import lines changed."""

from __future__ import annotations

import subprocess
import sys
from multiprocessing.pool import ApplyResult
from pathlib import Path

import pytest

from submarine_jupyter import ExperimentClient
from submarine_jupyter.errors import NotFound

from .test_client import spec

# The examples of the document of Apache Submarine's client, with the id that the server gives.
DOCUMENTED = """\
from submarine import *
client = ExperimentClient()
created = client.create_experiment({
  "meta": {
    "name": "tf-mnist-json",
    "namespace": "default",
    "framework": "TensorFlow",
    "cmd": "python /var/tf_mnist/mnist_with_summaries.py --log_dir=/train/log --learning_rate=0.01",
    "envVars": {
      "ENV_1": "ENV1"
    }
  },
  "environment": {
    "image": "apache/submarine:tf-mnist-with-summaries-1.0"
  },
  "spec": {
    "Ps": {
      "replicas": 1,
      "resources": "cpu=1,memory=1024M"
    },
    "Worker": {
      "replicas": 1,
      "resources": "cpu=1,memory=1024M"
    }
  }
})
id = created["experimentId"]
client.patch_experiment(id, {
  "meta": {
    "name": "tf-mnist-json",
    "namespace": "default",
    "framework": "TensorFlow",
    "cmd": "python /var/tf_mnist/mnist_with_summaries.py --log_dir=/train/log --learning_rate=0.01",
    "envVars": {
      "ENV_1": "ENV1"
    }
  },
  "environment": {
    "image": "apache/submarine:tf-mnist-with-summaries-1.0"
  },
  "spec": {
    "Worker": {
      "replicas": 2,
      "resources": "cpu=1,memory=1024M"
    }
  }
})
experiment = client.get_experiment(id)
experiments = client.list_experiments()
logs = client.wait_for_finish(id, 5)
client.get_log(id)
listed = client.list_log("Failed")
print([created["status"], experiment["spec"]["spec"]["Worker"]["replicas"], len(experiments)])
print(sorted(logs), [pod["podName"].replace(id, "") for pod in logs["logContent"]])
print([sorted(log) for log in listed], client.delete_experiment(id)["status"])
"""

# As the published notebooks have it, with model classes.
MODELS = """\
import submarine
from submarine.client.models import CodeSpec, EnvironmentSpec, ExperimentMeta
from submarine.client.models import ExperimentSpec, ExperimentTaskSpec

submarine_client = submarine.ExperimentClient()
environment = EnvironmentSpec(image='apache/submarine:tf-dist-mnist-test-1.0')
experiment_meta = ExperimentMeta(name='mnist-dist',
                                 namespace='default',
                                 framework='Tensorflow',
                                 cmd='python -c print(6*7)',
                                 env_vars={'ENV1': 'ENV1'})
worker_spec = ExperimentTaskSpec(resources='cpu=1,memory=1024M', replicas=1)
ps_spec = ExperimentTaskSpec(resources='cpu=1,memory=1024M', replicas=1)
experiment_spec = ExperimentSpec(meta=experiment_meta,
                                 environment=environment,
                                 spec={'Ps': ps_spec, 'Worker': worker_spec})
experiment = submarine_client.create_experiment(experiment_spec=experiment_spec)
id = experiment["experimentId"]
submarine_client.wait_for_finish(id)
worker_spec = ExperimentTaskSpec(resources='cpu=1,memory=1024M', replicas=2)
experiment_spec = ExperimentSpec(meta=experiment_meta,
                                 environment=environment,
                                 spec={'Worker': worker_spec})
submarine_client.get_log(id, onlyMaster=True)
thread = submarine_client.list_experiments_async(status='Succeeded')
print([one["experimentId"] == id for one in thread.get().result])
print(submarine_client.get_experiment_async(id).get(30).result["spec"]["meta"]["envVars"]["ENV1"])
print(submarine_client.delete_experiment_async(id).get().result["status"])
"""


def run(program: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=100, check=False
    )
    assert done.stderr == ""
    return done.stdout


def test_the_documents_examples(data_dir: Path) -> None:
    assert DOCUMENTED.startswith("from submarine import *\n")
    printed = run(DOCUMENTED.replace("from submarine import *", "from submarine_jupyter import *"))
    *progress, created, logs, deleted = printed.splitlines()
    assert created == "['Accepted', 2, 1]"
    assert logs.startswith("['experimentId', 'logContent'] ['-ps-0', '-worker-0'")
    assert deleted == "[['experimentId', 'logContent']] Deleted"
    assert any("No such file or directory" in line for line in progress)


def test_model_classes(data_dir: Path) -> None:
    program = MODELS.replace("import submarine\n", "import submarine_jupyter as submarine\n")
    printed = run(program.replace("from submarine.client", "from submarine_jupyter.client"))
    *progress, listed, variable, deleted = printed.splitlines()
    assert (listed, variable, deleted) == ("[True]", "ENV1", "Deleted")
    assert "42" in progress
    assert progress[-1] == "42" or progress[-2].endswith("-ps-0:")  # what get_log() printed


def test_async_variants(client: ExperimentClient) -> None:
    ident = client.create_experiment(spec("print(1)"))["experimentId"]
    pending = client.get_experiment_async(ident)
    assert isinstance(pending, ApplyResult)
    answer = pending.get(30)
    assert answer.result["experimentId"] == ident
    assert (answer.code, answer.success, answer.attributes) == (200, True, {})
    assert ident in [one["experimentId"] for one in client.list_experiments_async().get(30).result]
    assert client.delete_experiment_async(ident).get(30).result["status"] == "Deleted"
    with pytest.raises(NotFound):
        client.get_experiment_async(ident).get(30)
    client.close()

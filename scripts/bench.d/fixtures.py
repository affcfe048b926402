"""Files that the benchmarks work on."""

import base64
import json
import os
import subprocess
import urllib.request
from pathlib import Path

CLUSTERS = ("dev-1", "prod-eu", "prod-us")
CONTEXTS = [(f"ctx-{number:02}", CLUSTERS[number % 3], f"bench-{number:02}") for number in range(50)]


def values(keys, each=6):
    """A values file of `keys` keys with `each` values."""
    lines = []
    for key in range(keys):
        lines.append(f"service{key}:  # number {key}")
        for number in range(each - 1):
            lines.append(f"  setting{number}: value-{key}-{number}-abcdefghijklmnop")
        lines.append(f"  port: {8000 + key}")
    return "\n".join(lines) + "\n"


def rules(folder):
    """Lets one age recipient read everything in `folder`."""
    key = os.environ["SOPS_AGE_KEY_FILE"]
    recipient = subprocess.run(["age-keygen", "-y", key], check=True, capture_output=True, text=True).stdout.strip()
    (folder / ".sops.yaml").write_text(f"creation_rules:\n  - age: {recipient}\n")


def encrypted(folder, name, text):
    """Writes `text` as it is to plain/NAME, encrypted to NAME."""
    (folder / "plain").mkdir(exist_ok=True)
    (folder / "plain" / name).write_text(text)
    (folder / name).write_text(text)
    subprocess.run([plugin("secrets"), "encrypt", "-i", name], cwd=folder, check=True, capture_output=True)


def plugin(name):
    return f"{os.environ['HELM_PLUGINS']}/{name}/bin/helm-{name}"


def no_plugin():
    """A Helm plugin that does nothing: what starting one costs."""
    folder = Path(os.environ["HELM_PLUGINS"], "nothing")
    folder.mkdir()
    (folder / "plugin.yaml").write_text(
        'name: nothing\nversion: 0.1.0\nusage: does nothing\ndescription: does nothing\ncommand: /bin/true\n'
    )


def chart(folder):
    """The chart of `helm create`."""
    subprocess.run(["helm", "create", "app1"], cwd=folder, check=True, capture_output=True)


def fleet(folder):
    """50 contexts, which are namespaces of three clusters, one release for them, and the same for bare helm and for
    helmfile."""
    rules(folder)
    chart(folder)
    encrypted(folder, "secrets.yaml", "podAnnotations:\n  token: hunter2-hunter2\n")
    (folder / "values.yaml").write_text("fullnameOverride: app1\nautoscaling: {enabled: false}\n")
    for name, cluster, namespace in CONTEXTS:
        overlay = {"global": {"env": "prod", "region": cluster, "clusterName": name}}
        (folder / "plain" / f"{name}.json").write_text(json.dumps(overlay))
        command = ["kubectl", "--context", cluster, "create", "namespace", namespace]
        subprocess.run(command, check=True, capture_output=True)
    listed = "".join(
        f"    - {{name: {name}, kubeContext: {cluster}, namespace: {namespace}, globals: {{region: {cluster}}}}}\n"
        for name, cluster, namespace in CONTEXTS
    )
    (folder / "convoy.yaml").write_text(
        "apiVersion: convoy/v1\nkind: Fleet\nspec:\n  globals: {env: prod}\n  contexts:\n"
        f"{listed}  releases: [release.yaml]\n"
    )
    (folder / "release.yaml").write_text(
        "apiVersion: convoy/v1\nkind: Release\nmetadata: {name: app1}\nspec:\n  chart: {path: app1}\n"
        "  values: [values.yaml, secrets.yaml]\n"
    )
    releases = "".join(
        f"  - name: app1\n    namespace: {namespace}\n    kubeContext: {cluster}\n    chart: ./app1\n"
        f"    values: [values.yaml, plain/secrets.yaml, plain/{name}.json, {{image: {{tag: {{{{ env \"TAG\" }}}}}}}}]\n"
        for name, cluster, namespace in CONTEXTS
    )
    (folder / "helmfile.yaml.gotmpl").write_text(f"releases:\n{releases}")


def vault_paths(folder, number):
    """`number` secrets at paths of their own, and the mapping that names them."""
    address, token = os.environ["VAULT_ADDR"], os.environ["VAULT_TOKEN"]

    def post(path, body):
        request = urllib.request.Request(f"{address}/v1/{path}", json.dumps(body).encode(), method="POST")
        request.add_header("X-Vault-Token", token)
        urllib.request.urlopen(request).close()

    post("sys/mounts/bench", {"type": "kv", "options": {"version": "2"}})
    entries = ["secrets:\n"]
    for item in range(number):
        post(f"bench/data/app/{item}", {"data": {"password": f"password-{item}"}})
        entries.append(
            f"  - secret_id: secret{item}\n    contexts:\n"
            f"      - {{name: default, vaultPath: /bench/app/{item}, vaultKey: password}}\n"
        )
    (folder / "mapping.yaml").write_text("".join(entries))


def credentials(cluster):
    """A folder with certificates for curl, and the address of the API server, of a context of KUBECONFIG."""
    folder = Path(os.environ["KUBECONFIG"]).parent / f"curl-{cluster}"
    view = ["kubectl", "--context", cluster, "config", "view", "--raw", "--minify", "-o"]
    found = json.loads(subprocess.run([*view, "json"], check=True, capture_output=True, text=True).stdout)
    server, user = found["clusters"][0]["cluster"], found["users"][0]["user"]
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, data in (("ca", server["certificate-authority-data"]), ("crt", user["client-certificate-data"]),
                       ("key", user["client-key-data"])):
        (folder / name).write_bytes(base64.b64decode(data))
    return f"{folder} {server['server']}"

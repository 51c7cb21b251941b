"""Rules about containers: images and names, sizes, dependencies, variables and secrets."""

import pytest
from rule_rows import EC2, FARGATE, REMOVED, found, spoiled

from ecsplan.compile import compile_manifest

HEALTH = {"command": ["CMD", "true"]}


def depends(on: str, condition: str) -> list[dict[str, str]]:
    """Return `dependsOn` with one entry."""
    return [{"containerName": on, "condition": condition}]


@pytest.mark.parametrize(
    ("image", "wrong"),
    [
        pytest.param("repo/etl:", "nothing follows the colon", id="no tag after the colon"),
        pytest.param("alpine::3", "more than one tag", id="two colons"),
        pytest.param("Alpine:3", "lower case", id="a repository in capitals"),
        pytest.param("Alpine@sha256:" + "a" * 64, "lower case", id="such a repository, with a digest"),
        pytest.param("alpine#3", "not made of", id="a character of no reference"),
        pytest.param("alpine", None, id="a name alone"),
        pytest.param("alpine:Latest", None, id="capitals in a tag"),
        pytest.param("Registry.io/a:3", None, id="capitals in a registry"),
        pytest.param("localhost:5000/a", None, id="a port"),
        pytest.param("localhost:5000/a@sha256:" + "a" * 64, None, id="a digest"),
        pytest.param("${ssm:/a/b}", None, id="a lookup that is not known"),
    ],
)
def test_names_that_no_engine_takes_for_an_image(image: str, wrong: str | None) -> None:
    diagnostics = compile_manifest(f'image: "{image}"\n', file="job.yaml").diagnostics

    found = [each for each in diagnostics if each.rule == "image-reference"]
    assert [(each.severity, each.line, each.column) for each in found] == [("warning", 1, 8)] * bool(wrong)
    assert all((wrong or "") in each.message for each in found)


def test_an_empty_variable_is_asked_about_where_it_leaves_no_tag() -> None:
    text = 'variables: {tag: {default: ""}}\nimage: "repo/etl:${tag}"\n'

    [found] = [
        each for each in compile_manifest(text, file="a.yaml").diagnostics if each.rule == "image-reference"
    ]

    assert "variable" in found.help


@pytest.mark.parametrize("good", [FARGATE, EC2], ids=["Fargate", "EC2"])
def test_the_good_manifests_break_no_rule(good: dict[str, object]) -> None:
    assert found(good) == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"image": REMOVED}, [("image-missing", "main")], id="no image"),
        pytest.param({"image": REMOVED, "main/image": "a"}, [], id="image in the task definition"),
        pytest.param(
            {"image": REMOVED, "task_definition": REMOVED}, [("image-missing", "")], id="no image anywhere"
        ),
        pytest.param(
            {"image": "a b"}, [("wrong-format", "image")], id="an image that is refused is not missing"
        ),
        pytest.param(
            {"image": REMOVED, "imgae": "a"},
            [("unknown-key", "imgae")],
            id="an image with a slip is not missing",
        ),
        pytest.param(
            {"cache/image": REMOVED, "cache/imagee": "a"},
            [("unknown-key", "cache/imagee")],
            id="nor is that of the sidecar",
        ),
        pytest.param(
            {"cache/image": REMOVED, "cache/colour": "a"},
            [("image-missing", "cache"), ("unknown-key", "cache/colour")],
            id="another unknown key is not an image",
        ),
        pytest.param({"cache/image": REMOVED}, [("image-missing", "cache")], id="sidecar without image"),
        pytest.param({"cache/image": 3}, [("wrong-type", "cache/image")], id="sidecar's image is refused"),
        pytest.param(
            {"td/containerDefinitions/2": {"image": "envoy"}},
            [("container-name-missing", "td/containerDefinitions/2")],
            id="sidecar without name",
        ),
        pytest.param(
            {"cache/name": "main", "cache/essential": REMOVED, "main/dependsOn": []},
            [("duplicate-container", "cache/name")],
            id="one name twice",
        ),
        pytest.param({"cache/name": "Main", "main/dependsOn": []}, [], id="case tells names apart"),
        pytest.param(
            {"main/essential": False, "container_name": "main"},
            [("no-essential-container", "main/essential")],
            id="none essential",
        ),
        pytest.param(
            {"main/essential": False, "cache/essential": True, "container_name": "main"},
            [("job-container-not-essential?", "main/essential")],
            id="the job's container is not essential",
        ),
        pytest.param(
            {"td/volumes/1": {"name": "scratch"}},
            [("duplicate-volume?", "td/volumes/1/name")],
            id="volume twice",
        ),
        pytest.param(
            {
                f"td/containerDefinitions/{index}": {"name": f"c{index}", "image": "a", "essential": False}
                for index in range(2, 10)
            },
            [],
            id="ten containers",
        ),
        pytest.param(
            {
                f"td/containerDefinitions/{index}": {"name": f"c{index}", "image": "a", "essential": False}
                for index in range(2, 11)
            },
            [("container-count", "td/containerDefinitions/10")],
            id="eleven containers",
        ),
    ],
)
def test_containers(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert found(spoiled(FARGATE, changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"cpu": 300}, [("fargate-cpu", "cpu")], id="cpu not sold"),
        pytest.param({"cpu": "0.5 vCPU"}, [], id="cpu in vCPU"),
        pytest.param(
            {"memory": 512, "main/memory": 512}, [("fargate-memory", "memory")], id="one below the least"
        ),
        pytest.param({"memory": 1024}, [], id="the least for this cpu"),
        pytest.param({"memory": 4096}, [], id="the most for this cpu"),
        pytest.param({"memory": 5120}, [("fargate-memory", "memory")], id="one above the most"),
        pytest.param({"memory": 1025}, [("fargate-memory", "memory")], id="between two sizes"),
        pytest.param({"memory": REMOVED}, [], id="the default memory fits"),
        pytest.param(
            {"memory": REMOVED, "cpu": 2048},
            [("fargate-memory", "cpu")],
            id="the default memory does not fit",
        ),
        pytest.param(
            {"cpu": REMOVED, "memory": 1024}, [("fargate-memory", "memory")], id="the default cpu does not"
        ),
        pytest.param(
            {"cpu": REMOVED, "memory": REMOVED, "td/cpu": "256", "td/memory": "4096"},
            [("fargate-memory", "td/memory")],
            id="sizes in the task definition",
        ),
        pytest.param(
            {"task_definition_customizations": [{"op": "replace", "path": "/cpu", "value": "100"}]},
            [("container-cpu-sum", "main/cpu"), ("fargate-cpu", "task_definition_customizations/0/value")],
            id="size by a patch",
        ),
        pytest.param({"main/cpu": 512}, [], id="all of the cpu"),
        pytest.param({"main/cpu": 513}, [("container-cpu-sum", "main/cpu")], id="more than the cpu"),
        pytest.param({"main/memoryReservation": 2048, "main/memory": 2048}, [], id="all of the memory"),
        pytest.param(
            {"main/memoryReservation": 2048, "main/memory": 2048, "cache/memory": 6},
            [("container-memory-sum?", "main/memoryReservation")],
            id="more than the memory",
        ),
        pytest.param(
            {"main/memory": 2048, "cache/memory": 512}, [], id="hard limits may be above the task's in sum"
        ),
        pytest.param(
            {"main/memory": REMOVED, "main/memoryReservation": 2049},
            [("container-memory-sum", "main/memoryReservation")],
            id="one reserves more than there is",
        ),
        pytest.param({"main/memory": 2049}, [("container-memory", "main/memory")], id="one may not"),
        pytest.param(
            {"main/memoryReservation": 1025},
            [("memory-reservation", "main/memoryReservation")],
            id="soft above hard",
        ),
        pytest.param({"main/memoryReservation": 1024}, [], id="soft as hard"),
        pytest.param({"cache/memory": 6}, [], id="the least that Docker takes"),
        pytest.param(
            {"cache/memory": 5}, [("container-memory-least?", "cache/memory")], id="less than Docker takes"
        ),
        pytest.param(
            {"cache/memory": 3},
            [("container-memory-minimum?", "cache/memory")],
            id="less than any Docker takes",
        ),
        pytest.param({"runtime_platform": {"cpuArchitecture": "ARM64"}}, [], id="half a vCPU on ARM"),
        pytest.param(
            {"runtime_platform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}},
            [("fargate-windows-cpu", "cpu")],
            id="half a vCPU on Windows",
        ),
        pytest.param(
            {"runtime_platform": {"operatingSystemFamily": "WINDOWS_SERVER_2022_CORE"}, "cpu": 1024},
            [],
            id="one vCPU on Windows",
        ),
    ],
)
def test_sizes_on_fargate(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert found(spoiled(FARGATE, changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"td/cpu": "128"}, [], id="the least cpu"),
        pytest.param({"td/cpu": "127"}, [("task-cpu", "td/cpu")], id="below the least cpu"),
        pytest.param({"td/cpu": "196608"}, [], id="the most cpu"),
        pytest.param({"td/cpu": "196609"}, [("task-cpu?", "td/cpu")], id="above the most cpu"),
        pytest.param(
            {"td/memory": "300"}, [("container-memory-sum?", "main/memory")], id="less memory than reserved"
        ),
        pytest.param(
            {"cache/memory": REMOVED}, [("container-memory-missing", "cache")], id="sidecar without memory"
        ),
        pytest.param(
            {"cache/memory": REMOVED, "cache/memoryReservation": 64}, [], id="sidecar with reservation"
        ),
        pytest.param({"cache/memory": REMOVED, "td/memory": "1024"}, [], id="the task's memory is enough"),
        pytest.param(
            {"main/memory": REMOVED, "memory": 512}, [], id="the job's container gets the job's memory"
        ),
    ],
)
def test_sizes_on_instances(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert found(spoiled(EC2, changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"main/dependsOn": depends("cache", "START")}, [], id="start"),
        pytest.param(
            {"main/dependsOn": depends("cache", "COMPLETE")}, [], id="end of one that is not essential"
        ),
        pytest.param(
            {"main/dependsOn": depends("cach", "START")},
            [("depends-on-unknown", "main/dependsOn/0/containerName")],
            id="unknown container",
        ),
        pytest.param(
            {"main/dependsOn": depends("main", "START")},
            [("depends-on-cycle", "main/dependsOn/0/containerName")],
            id="itself",
        ),
        pytest.param(
            {"cache/dependsOn": depends("main", "START")},
            [("depends-on-cycle", "main/dependsOn/0/containerName")],
            id="each other",
        ),
        pytest.param(
            {
                "main/dependsOn": depends("cache", "START"),
                "cache/dependsOn": depends("third", "START"),
                "td/containerDefinitions/2": {
                    "name": "third",
                    "image": "a",
                    "essential": False,
                    "dependsOn": depends("main", "START"),
                },
            },
            [("depends-on-cycle", "main/dependsOn/0/containerName")],
            id="a circle of three is reported once",
        ),
        pytest.param(
            {
                "cache/essential": True,
                "main/dependsOn": depends("cache", "SUCCESS"),
                "container_name": "main",
            },
            [("depends-on-essential", "main/dependsOn/0/condition")],
            id="success of an essential one",
        ),
        pytest.param(
            {
                "cache/essential": REMOVED,
                "main/dependsOn": depends("cache", "COMPLETE"),
                "container_name": "main",
            },
            [("depends-on-essential", "main/dependsOn/0/condition")],
            id="end of one that is essential by default",
        ),
        pytest.param(
            {"cache/healthCheck": REMOVED},
            [("depends-on-health", "main/dependsOn/0/condition")],
            id="health of one without a check",
        ),
        pytest.param(
            {"cache/healthCheck": {"command": 1}},
            [("wrong-type", "cache/healthCheck/command")],
            id="a check that is refused is one",
        ),
        pytest.param({"main/volumesFrom": [{"sourceContainer": "cache"}]}, [], id="volumes from the sidecar"),
        pytest.param(
            {"main/volumesFrom": [{"sourceContainer": "main"}]},
            [("volumes-from-unknown", "main/volumesFrom/0/sourceContainer")],
            id="volumes from itself",
        ),
        pytest.param(
            {"cache/healthCheck": {"command": ["CMD-SHELL", "redis-cli", "ping"]}},
            [("health-check-command?", "cache/healthCheck/command")],
            id="arguments for the shell",
        ),
        pytest.param(
            {"cache/healthCheck": {"command": ["CMD"]}},
            [("health-check-command?", "cache/healthCheck/command")],
            id="CMD alone",
        ),
        pytest.param(
            {"cache/healthCheck": {"command": ["CMD", "redis-cli", "ping"]}}, [], id="CMD with arguments"
        ),
    ],
)
def test_dependencies(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert found(spoiled(FARGATE, changes)) == expected


PROXY = [
    {"name": name, "value": "1"} for name in ("IgnoredUID", "AppPorts", "ProxyIngressPort", "ProxyEgressPort")
]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param({"main/links": ["db"]}, [("link-unknown?", "main/links/0")], id="link to nobody"),
        pytest.param({"main/links": ["cache"]}, [], id="link without alias"),
        pytest.param(
            {"td/proxyConfiguration": {"containerName": "cache", "properties": PROXY}},
            [],
            id="proxy of the task",
        ),
        pytest.param(
            {"td/proxyConfiguration": {"containerName": "envoy", "properties": PROXY}},
            [("proxy-container-unknown", "td/proxyConfiguration/containerName")],
            id="unknown proxy",
        ),
        pytest.param(
            {"td/proxyConfiguration": {"containerName": "cache", "properties": PROXY[1:]}},
            [("proxy-properties?", "td/proxyConfiguration/properties")],
            id="proxy that ignores nobody",
        ),
        pytest.param(
            {"td/proxyConfiguration": {"containerName": "cache"}},
            [("proxy-properties", "td/proxyConfiguration")],
            id="proxy without properties",
        ),
        pytest.param({"main/resourceRequirements": [{"type": "GPU", "value": "1"}]}, [], id="a GPU"),
        pytest.param(
            {"main/resourceRequirements": [{"type": "GPU"}]},
            [("resource-value?", "main/resourceRequirements/0")],
            id="a GPU, but how many",
        ),
        pytest.param(
            {
                "main/resourceRequirements": [
                    {"type": "GPU", "value": "1", "sharingStrategy": {"nvidiaMps": {"memory": 1}}}
                ]
            },
            [("resource-value?", "main/resourceRequirements/0")],
            id="a GPU of one's own, shared",
        ),
        pytest.param(
            {"main/resourceRequirements": [{"type": "NeuronDevice", "value": "1"}]},
            [("resource-value?", "main/resourceRequirements/0/value")],
            id="one Neuron device",
        ),
        pytest.param(
            {
                "main/resourceRequirements": [{"type": "GPU", "value": "1"}],
                "cache/resourceRequirements": [
                    {"type": "GPU", "sharingStrategy": {"nvidiaMps": {"memory": 1}}}
                ],
            },
            [("gpu-sharing?", "cache/resourceRequirements/0/sharingStrategy")],
            id="GPUs shared and not",
        ),
        pytest.param(
            {
                "main/resourceRequirements": [{"type": "NeuronDevice", "value": "ALL"}],
                "cache/resourceRequirements": [{"type": "NeuronDevice", "value": "ALL"}],
            },
            [("neuron-device?", "cache/resourceRequirements/0")],
            id="Neuron devices for two",
        ),
        pytest.param(
            {
                "main/resourceRequirements": [{"type": "InferenceAccelerator", "value": "a"}],
                "td/inferenceAccelerators": [{"deviceName": "a", "deviceType": "eia2.medium"}],
            },
            [],
            id="an accelerator that is declared",
        ),
        pytest.param(
            {"td/inferenceAccelerators": [{"deviceName": "a", "deviceType": "eia2.medium"}]},
            [("inference-accelerator", "td/inferenceAccelerators/0/deviceName")],
            id="an accelerator that nobody asks for",
        ),
        pytest.param(
            {"main/ulimits": [{"name": "nofile", "softLimit": 2, "hardLimit": 1}]},
            [("ulimit-order", "main/ulimits/0/softLimit")],
            id="soft limit above the hard one",
        ),
        pytest.param(
            {"main/ulimits": [{"name": "nofile", "softLimit": 1, "hardLimit": 1}]}, [], id="limits the same"
        ),
        pytest.param(
            {"main/ulimits": [{"name": "core", "softLimit": 1, "hardLimit": -1}]}, [], id="no hard limit"
        ),
        pytest.param(
            {"main/linuxParameters": {"swappiness": 0, "maxSwap": 0}}, [], id="swappiness with maxSwap"
        ),
        pytest.param(
            {"main/linuxParameters": {"swappiness": 0}},
            [("swappiness-ignored?", "main/linuxParameters/swappiness")],
            id="swappiness without maxSwap",
        ),
    ],
)
def test_what_containers_ask_for(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert found(spoiled(EC2, changes)) == expected


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        pytest.param(
            {"main/environment/1": {"name": "MODE", "value": "slow"}},
            [("duplicate-env?", "main/environment/1/name")],
            id="variable twice",
        ),
        pytest.param({"env/MODE": "slow"}, [], id="variable of the definition set by the run"),
        pytest.param(
            {
                "task_customizations": [
                    {
                        "op": "add",
                        "path": "/overrides/containerOverrides/0/environment/-",
                        "value": {"name": "STAGE", "value": "dev"},
                    }
                ]
            },
            [("duplicate-env?", "task_customizations/0/value/name")],
            id="variable twice by a patch",
        ),
        pytest.param(
            {"main/secrets": [{"name": "A", "valueFrom": "a"}, {"name": "A", "valueFrom": "b"}]},
            [("duplicate-secret", "main/secrets/1/name")],
            id="secret twice",
        ),
        pytest.param(
            {"main/secrets": [{"name": "DB", "valueFrom": "/old"}]},
            [],
            id="secret of the definition replaced",
        ),
        pytest.param(
            {"env/DB": "x"}, [("secret-env-clash", "env/DB")], id="variable of the run and a secret"
        ),
        pytest.param(
            {"main/environment/1": {"name": "DB", "value": "x"}},
            [("secret-env-clash", "main/environment/1/name")],
            id="variable and secret",
        ),
        pytest.param({"env/DB": None}, [], id="a variable unset is not a clash"),
        pytest.param(
            {"main/environment/1": {"name": "A=B", "value": "x"}},
            [("env-name?", "main/environment/1/name")],
            id="= in a name",
        ),
        pytest.param(
            {"main/environment/1": {"value": "x"}}, [("env-name", "main/environment/1")], id="no name"
        ),
        pytest.param(
            {"main/environment/1": {"name": "A"}},
            [("env-without-value?", "main/environment/1")],
            id="no value",
        ),
        pytest.param({"main/environment/1": {"name": "A", "value": ""}}, [], id="the empty value is one"),
        pytest.param({"env/API_TOKEN": "s3cr3t"}, [("env-secret?", "env/API_TOKEN")], id="token in env"),
        pytest.param(
            {"env/API_TOKEN": "arn:aws:ssm:eu-west-1:111122223333:parameter/x"}, [], id="where a token is"
        ),
        pytest.param(
            {"main/environment/1": {"name": "API_TOKEN", "value": "s3cr3t"}},
            [("env-secret?", "main/environment/1/value")],
            id="token in the definition",
        ),
        pytest.param({"secrets/A": "my secret!"}, [("secret-reference?", "secrets/A")], id="a secret itself"),
        pytest.param({"secrets/A": "/a-name/with.dots_1"}, [], id="name of a parameter"),
        pytest.param({"secrets/A": "db-password"}, [("secret-by-name?", "secrets/A")], id="any name"),
        pytest.param({"secrets/A": "prod/db"}, [("secret-by-name?", "secrets/A")], id="name of a secret"),
        pytest.param(
            {"main/secrets": [{"name": "A", "valueFrom": "prod/db"}]},
            [("secret-by-name?", "main/secrets/0/valueFrom")],
            id="name of a secret in the definition",
        ),
        pytest.param(
            {"main/secrets": [{"name": "A", "valueFrom": "db-password"}]}, [], id="name in the definition"
        ),
        pytest.param({"secrets/A": "arn:aws:secretsmanager:r:1:secret:x:user::"}, [], id="key of a secret"),
        pytest.param({"secrets/A": "arn:aws:secretsmanager:r:1:secret:x"}, [], id="a whole secret"),
        pytest.param(
            {"secrets/A": "arn:aws-cn:secretsmanager:r:1:secret:x::s:v"}, [], id="version of a secret"
        ),
        pytest.param({"secrets/A": "arn:aws:secretsmanager:r:1:secret:x:::"}, [], id="three empty parts"),
        *(
            pytest.param(
                {"secrets/A": f"arn:{partition}:secretsmanager:r:1:secret:x{parts}"},
                [("secret-arn-parts?", "secrets/A")],
                id=f"{partition} secret{parts}",
            )
            for partition in ("aws", "aws-cn")
            for parts in (":", ":user", ":user:", "::s", ":user:s:v:more")
        ),
        pytest.param(
            {"main/secrets": [{"name": "A", "valueFrom": "arn:aws:secretsmanager:r:1:secret:x:user"}]},
            [("secret-arn-parts?", "main/secrets/0/valueFrom")],
            id="key of a secret in the definition",
        ),
        pytest.param(
            {
                "main/logConfiguration": {
                    "logDriver": "splunk",
                    "options": {"splunk-url": "https://splunk.example.com"},
                    "secretOptions": [
                        {"name": "splunk-token", "valueFrom": "arn:aws:secretsmanager:r:1:secret:x:user"}
                    ],
                }
            },
            [
                ("log-driver-conflict", "configure_cloudwatch_logs"),
                ("secret-arn-parts?", "main/logConfiguration/secretOptions/0/valueFrom"),
            ],
            id="key of a secret of a log driver",
        ),
        pytest.param(
            {"main/environmentFiles": [{"type": "s3", "value": "arn:aws:s3:::b/a.env"}]},
            [],
            id="file of variables",
        ),
        pytest.param(
            {"main/environmentFiles": [{"type": "s3", "value": "arn:aws:s3:::b/a.txt"}]},
            [("environment-file?", "main/environmentFiles/0/value")],
            id="file with another ending",
        ),
    ],
)
def test_environment(changes: dict[str, object], expected: list[tuple[str, str]]) -> None:
    assert found(spoiled(FARGATE, changes)) == expected


def test_no_message_quotes_a_credential() -> None:
    text = """
    image: alpine
    env: {DB_PASSWORD: hunter22hunter}
    secrets: {DB: "hunter22 hunter"}
    labels: {password: "aws:hunter22hunter"}
    task_definition:
      tags: [{key: password, value: "hunter22hunter!"}]
      containerDefinitions:
        - name: main
          environment: [{name: "PASSWORD=hunter22hunter", value: hunter22hunter}]
          healthCheck: {command: [CMD-SHELL, "--password=hunter22hunter", x, y]}
          logConfiguration: {logDriver: splunk, options: {splunk-token: hunter22hunter}}
    """

    found = compile_manifest(text, file="job.yaml").diagnostics

    assert len(found) > 6
    assert not [each for each in found if "hunter22" in each.message + each.help]


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        pytest.param({"memory": 3}, [("container-memory-minimum", "memory")], id="the job's, too little"),
        pytest.param({"memory": 4}, [("container-memory-least?", "memory")], id="the job's, the least"),
        pytest.param({"task_definition": {"memory": "3"}}, [], id="nothing of the task's"),
        pytest.param({"memory": 3, "launch_type": None}, [("container-memory-minimum", "memory")], id="null"),
    ],
)
def test_memory_that_a_container_takes_over(
    manifest: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    assert found({"image": "alpine", "launch_type": "EC2", **manifest}) == expected


@pytest.mark.parametrize(
    ("manifest", "expected"),
    [
        pytest.param(
            {"image": "alpine", "cpu": "1 core", "memory": 512},
            [("wrong-format", "cpu")],
            id="memory that fits another CPU than the default",
        ),
        pytest.param(
            {"image": "alpine", "cpu": "1 core", "memory": 513},
            [("fargate-memory", "memory"), ("wrong-format", "cpu")],
            id="memory that fits no CPU",
        ),
        pytest.param(
            {"image": "alpine", "cpus": 256, "memory": 512}, [("unknown-key", "cpus")], id="a slip in a size"
        ),
        pytest.param(
            {"image": "alpine", "task_definition": {"cpu": 512, "memory": "1 GB"}},
            [("wrong-type", "td/cpu")],
            id="a size of the task definition",
        ),
        pytest.param(
            {"task_definition_arn": "no family"}, [("wrong-format", "task_definition_arn")], id="a link"
        ),
        pytest.param(
            {"task_definition": {"containerDefinitions": [{"name": "no name", "image": "alpine"}]}},
            [("wrong-format", "main/name")],
            id="a container's name",
        ),
        pytest.param(
            {"task_definition": {"containerDefinitions": [{"name": "main"}, {"image": "alpine"}]}},
            [("container-name-missing", "cache"), ("image-missing", "main")],
            id="one has no image, the other no name",
        ),
    ],
)
def test_nothing_follows_from_what_was_refused(
    manifest: dict[str, object], expected: list[tuple[str, str]]
) -> None:
    assert found(manifest) == expected

#!/bin/sh
# `make demo`: check, compile, diff, apply, and an apply that reuses, on the embedded ECS. Leaves build/demo.
set -eu
exec 2>&1
cd "$(dirname "$0")/.."
export XDG_STATE_HOME="$PWD/build/demo"
rm -rf build/demo
mkdir -p build/demo
unset AWS_PROFILE AWS_ENDPOINT_URL AWS_REGION AWS_DEFAULT_REGION

say() {
    printf '\n# %s\n' "$*"
}
run() {
    printf '$ %s\n' "$*"
    "$@"
}

say 'Mistakes are found before AWS is called.'
printf 'image: alpine:3\ncpu: 256\nmemory: 3072\n' >build/demo/wrong.yaml
run ecsplan check build/demo/wrong.yaml || true

say 'A manifest compiles into a plan. --local is an ECS on this machine: no account is needed.'
run cat manifests/stream-output.yaml
run ecsplan compile manifests/stream-output.yaml --local -o build/demo/plan.json

say 'diff shows what the plan will do, and why.'
run ecsplan diff build/demo/plan.json

say 'apply registers, runs, streams the log and exits with the exit code of the job.'
run ecsplan apply build/demo/plan.json --local --runner process

say 'Compiled again, nothing has changed: the revision is reused.'
run ecsplan compile manifests/stream-output.yaml --local -o build/demo/plan.json
run ecsplan diff build/demo/plan.json
run ecsplan apply build/demo/plan.json --local --runner process --result build/demo/result.json
say 'build/demo/result.json has the result of each task. Next: docs/start.md, a first job of your own.'
say 'Here, `. .venv/bin/activate` puts ecsplan on the path; pip install . installs it.'

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

say 'A mistake is found before anybody calls AWS.'
printf 'image: alpine:3\ncpu: 256\nmemory: 3072\n' >build/demo/wrong.yaml
run ecsplan check build/demo/wrong.yaml || true

say 'A manifest compiles into a plan. --local is an ECS on this machine: no account is needed.'
run cat manifests/stream-output.yaml
run ecsplan compile manifests/stream-output.yaml --local -o build/demo/plan.json

say 'The plan says what will happen, and why.'
run ecsplan diff build/demo/plan.json

say 'apply registers, runs, prints the log and ends with the exit code of the job.'
run ecsplan apply build/demo/plan.json --local --runner process

say 'Compiled again, nothing has changed: the revision is reused.'
run ecsplan compile manifests/stream-output.yaml --local -o build/demo/plan.json
run ecsplan diff build/demo/plan.json
run ecsplan apply build/demo/plan.json --local --runner process --result build/demo/result.json
say 'What became of each task is in build/demo/result.json. The next step: README.md.'

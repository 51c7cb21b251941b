# The image of ecsplan: `docker build -t ecsplan .`, then `docker run --rm -v "$PWD:/work" ecsplan check`.
#
# Versions are those of constraints.txt, and everything comes from wheels, so no compiler is needed. Alpine, since
# the image then stays below 120 MiB, and has a shell, which GitLab and others need to run a job in it.
ARG PYTHON_IMAGE=docker.io/library/python:3.13-alpine

FROM ${PYTHON_IMAGE} AS build
WORKDIR /source
COPY . .
# pip stays outside the environment: at run time nobody needs it there.
RUN python -m pip install --quiet --no-cache-dir --only-binary :all: --constraint constraints.txt \
        hatch-fancy-pypi-readme hatchling \
    && python -m pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /wheels . \
    && python -m venv --without-pip /opt/ecsplan \
    && python -m pip --python /opt/ecsplan/bin/python install --quiet --no-cache-dir --only-binary :all: \
        --constraint constraints.txt /wheels/*.whl

FROM ${PYTHON_IMAGE}
COPY --from=build /opt/ecsplan /opt/ecsplan
ENV PATH=/opt/ecsplan/bin:$PATH
# The image is seen to work, and Python keeps the modules of its own library that this compiles: nobody can write
# them later.
RUN printf 'image: alpine\n' | ecsplan compile --offline --name built - >/dev/null \
    && python -c 'import boto3.session'
# A number, so that Kubernetes' runAsNonRoot sees that it is not root. Any other user works, too.
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["ecsplan"]

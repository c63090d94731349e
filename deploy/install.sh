#!/bin/sh
# The steps that the image is built by. They need no compiler, no root, and write into one folder only.
#   install.sh packages TARGET LOCK     a virtual environment with exactly what the lock names, wheels only
#   install.sh chimein TARGET WHEELS    chimein's own wheel into it; then what installs packages is taken away
set -eu
step=$1 target=$2 source=$3

case $step in
  packages)
    "${PYTHON:-python3}" -m venv "$target"
    "$target/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir \
      --no-deps --require-hashes --only-binary :all: --requirement "$source"
    ;;
  chimein)
    "$target/bin/python" -m pip install --quiet --disable-pip-version-check --no-cache-dir \
      --no-deps --no-index "$source"/chimein-*.whl
    "$target/bin/python" -m pip uninstall --quiet --yes setuptools pip
    "$target/bin/python" -m compileall -q -j 0 "$target/lib"
    ;;
  *)
    echo "install.sh: packages or chimein, not $step" >&2
    exit 2
    ;;
esac

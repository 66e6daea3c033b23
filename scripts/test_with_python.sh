#!/usr/bin/env bash
# Try the core with another Python: the fast tests of all rooms in which nothing listens, the golden releases among
# them. test_with_python.sh VERSION [PYTEST ARGUMENTS]
# Where that version is not on this machine, it says so and tries nothing.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$1
shift

for python in "python$version" "$HOME/.pyenv/versions/$version".*/bin/python3; do
    "$python" -c '' 2>/dev/null && break
    python=''
done
if [[ -z "$python" ]]; then
    echo "Python $version is not on this machine: not tried"
    exit 0
fi

environment=.venv-$version
[[ -x $environment/bin/python ]] || "$python" -m venv "$environment"
"$environment/bin/python" -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
    --editable '.[databases,demo,dev,excel,postgres]'
echo "fast tests with $("$environment/bin/python" --version)"
rooms=(data preparation sources questions protocols synthesizers federation study privacy validation wire)
exec "$environment/bin/python" -m pytest -q -n "${JOBS:-2}" --dist worksteal -m "not slow and not network" \
    "${rooms[@]/#/tests/}" "$@"

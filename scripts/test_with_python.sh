#!/usr/bin/env bash
# Try the core with other Pythons: the fast tests of all kinds that start no process, the golden releases among them.
#
#     test_with_python.sh [--core] VERSION... [-- PYTEST ARGUMENTS]
#
# --core is for every change: the golden releases and the rooms that they stand on, with no more packages than these need.
# What is not on this machine is named in one sentence, and is no failure.
set -euo pipefail
cd "$(dirname "$0")/.."

tests=(tests/unit tests/studies tests/conformance tests/golden)
packages=(--editable '.[databases,demo,dev,excel,postgres]')
versions=()
while (($#)); do
    case $1 in
    --core)
        tests=(tests/golden/test_golden_studies.py tests/unit/data tests/unit/questions tests/unit/privacy
            tests/conformance/questions)
        packages=(--editable '.[demo]' hypothesis psutil pytest pytest-xdist)
        ;;
    --) shift && break ;;
    *) versions+=("$1") ;;
    esac
    shift
done

# The interpreter of a version, where there is one that starts: a shim of pyenv stands for versions that are not there too.
interpreter() {
    local candidate
    for candidate in "python$1" "$HOME/.pyenv/versions/$1".*/bin/python3; do
        if "$candidate" -c '' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

missing=()
for version in "${versions[@]}"; do
    python=$(interpreter "$version")
    if [[ -z $python ]]; then
        missing+=("$version")
        continue
    fi
    environment=.venv-$version
    [[ -x $environment/bin/python ]] || "$python" -m venv "$environment"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check --constraint constraints.txt \
        "${packages[@]}"
    echo "fast tests with $("$environment/bin/python" --version)"
    "$environment/bin/python" -m pytest -q -n "${JOBS:-2}" --dist worksteal -m "not slow and not network" \
        "${tests[@]}" "$@"
done
((${#missing[@]} == 0)) || echo "not tried, since it is not on this machine: Python ${missing[*]}"

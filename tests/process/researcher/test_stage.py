"""The demo's stage: what it began ends with it."""

from __future__ import annotations

from syncline.cli.demo.stage import Stage


def test_no_command_that_was_begun_outlives_the_stage(tmp_path):
    with Stage(tmp_path) as stage:
        process = stage.begin("http.server", "0", given="a token")
        assert process.poll() is None
        assert "a token" not in process.args
    assert process.returncode is not None

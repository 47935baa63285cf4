#!/usr/bin/env python3
"""The tool that the loans example has: its answers agree with each other and with the log.

    loans_tool_test.py BIN_DIR
"""
import json
import os
import subprocess
import sys
import tempfile


def main(bin_dir):
    def tool(*arguments, expect=0):
        done = subprocess.run([os.path.join(bin_dir, "loans"), *arguments], text=True,
                              capture_output=True, env={**os.environ, "DAYBOOK_STORE": store})
        assert done.returncode == expect, (arguments, done.returncode, done.stderr)
        return done.stdout

    def objects(*arguments):
        return [json.loads(line) for line in tool(*arguments, "--json").splitlines()]

    with tempfile.TemporaryDirectory() as temp:
        store, log = os.path.join(temp, "store"), os.path.join(temp, "log.csv")
        tool("generate", "--rows", "3000", "--seed", "7", "--output", log)
        tool("run", "--store", store, "--input", log)
        tip = objects("stats")[0]["events"]

        streams = {line["stream"]: line["version"] for line in objects("ls")}
        stream = max(streams, key=streams.get)
        key, last = stream.split("-", 1)[1], streams[stream]

        # The state at each version is what `why` says it was.
        steps = objects("why", stream)
        assert [step["version"] for step in steps] == list(range(last + 1))
        for step in steps[::max(1, last // 5)]:
            then, = objects("state", stream, "--at-version", str(step["version"]))
            assert then["state"] == step["after"], (then, step)
            by_position, = objects("state", stream, "--at", str(step["position"]))
            assert by_position == then
        assert objects("state", stream)[0]["state"] == steps[-1]["after"]
        submitted, = objects("bisect", stream, "--where", "state = A_SUBMITTED")
        assert submitted["version"] == 0 and submitted["before"] is None

        # A row is what the fold of the log says; one of a key that is no stream's, too.
        for view in "OffersPerApplication", "ApplicationsByState", "WorkItemsPerEmployee":
            rows = objects("query", view)
            assert rows and rows == objects("query", view, "--at", str(tip))
            assert objects("query", view, rows[0]["key"]) == rows[:1]
            assert objects("why", view, rows[-1]["key"])[-1]["after"] == rows[-1]["row"]
        assert objects("query", "DailyIntake", "--at", "0") == []

        # A command by hand: refused by rule 1, and nothing is changed.
        command = json.dumps({"application": key})
        assert "SubmittedOnceAndFirst" in tool("execute", "SubmitApplication", command, expect=7)
        assert objects("stats")[0]["events"] == tip

        assert tool("doctor", "--min-free", "0") == "nothing needs attention\n"
        tool("verify")
        tool("query", "NoSuchView", expect=2)
        tool("state", stream, "--at-version", str(last + 1), expect=3)


if __name__ == "__main__":
    main(sys.argv[1])

#!/usr/bin/env python3
"""Rebuilds the views of the loans example under load, and kills that, as an operator would see it.

  rebuild_test.py BIN running   views are rebuilt while the application appends and is queried
  rebuild_test.py BIN killed    rebuilds are killed at 50 random moments, and go on
"""
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
VIEWS = ["ApplicationsByState", "WorkItemsPerEmployee", "OffersPerApplication", "DailyIntake",
         "ApprovedPerMonth"]
KILLS = 50


class Loans:
    """The program `loans` on one store, with a generated log."""

    def __init__(self, bin_dir, temp, rows):
        self.program = os.path.join(bin_dir, "loans")
        self.store, self.log = os.path.join(temp, "store"), os.path.join(temp, "log.csv")
        self.seed = random.randrange(2**32)
        print("seed", self.seed)
        self.rng = random.Random(self.seed)
        self.call("generate", "--rows", str(rows), "--seed", str(self.seed), "--output", self.log)

    def start(self, *arguments):
        environment = {**os.environ, "DAYBOOK_STORE": self.store}
        return subprocess.Popen([self.program, *arguments], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, env=environment)

    def call(self, *arguments):
        with self.start(*arguments) as child:
            out, err = child.communicate(timeout=200)
        assert child.returncode == 0, (arguments, child.returncode, out, err)
        return out

    def objects(self, *arguments):
        return [json.loads(line) for line in self.call(*arguments, "--json").splitlines()]

    def start_run(self):
        return self.start("run", "--store", self.store, "--input", self.log)

    def run(self):
        self.call("run", "--store", self.store, "--input", self.log)

    def views(self):
        return self.call("tables", "--store", self.store, "--tsv")

    def builds(self, view):
        """By state, the number of the build and how far its stored rows are."""
        stand, = (line for line in self.objects("views") if line["view"] == view)
        return {build["state"]: (build["generation"], build["checkpoint"])
                for build in stand["generations"]}

    def rebuild(self, view, *arguments):
        """Compares equal, and the new build answers."""
        report, = self.objects("replay", view, "--compare", *arguments)
        assert report["serving"] and report["rows_different"] == 0, (view, report)
        return report

    def recount(self):
        counter = os.path.join(HERE, "..", "examples", "loans_recount.py")
        return subprocess.run([sys.executable, counter, self.log, "--views"], capture_output=True,
                              text=True, check=True).stdout


def answers(loans):
    with loans.start("stats") as child:
        child.communicate()
    return child.returncode == 0


def running(loans):
    application = loans.start_run()
    while not answers(loans):
        assert application.poll() is None, application.communicate()
        time.sleep(0.05)

    asked, stop, errors = [0], threading.Event(), []

    def query():
        while not stop.is_set():
            for view in VIEWS:
                try:
                    loans.objects("query", view, "--limit", "3")
                    asked[0] += 1
                    time.sleep(0.1)  # Else their processes take the time of the rebuilds.
                except Exception as error:  # Told by the thread that waits for this one.
                    errors.append(error)
                    return

    queries = threading.Thread(target=query)
    queries.start()
    at = []
    # Two: where the load takes the whole machine, a rebuild reaches the tip only as that pauses.
    for view in VIEWS[:2]:
        at.append(loans.rebuild(view)["compared_at"])
    assert application.poll() is None, "the run ended before the rebuilds: give it more rows"
    stop.set()
    queries.join()
    assert not errors, errors
    assert asked[0] >= len(VIEWS), asked
    # Each was compared at another position: events came in between.
    assert at == sorted(set(at)), at
    application.send_signal(signal.SIGKILL)
    application.communicate()
    # What the application left is what the log makes.
    for view in VIEWS:
        loans.rebuild(view)
    loans.call("verify")
    print("rebuilt at", at, "while", asked[0], "queries were answered")


def killed(loans):
    loans.run()
    expected = loans.views()
    assert expected == loans.recount()
    begin = time.monotonic()
    loans.rebuild(VIEWS[0])
    elapsed = time.monotonic() - begin
    kills, tries, went_on = 0, 0, 0
    while kills < KILLS:
        view = VIEWS[tries % len(VIEWS)]
        tries += 1
        assert tries < 10 * KILLS, (kills, tries)
        before = loans.builds(view).get("building")
        child = loans.start("replay", view, *(["--workers", "2"] if tries % 2 else []))
        time.sleep(loans.rng.random() * elapsed)
        child.send_signal(signal.SIGKILL)
        out, err = child.communicate()
        assert child.returncode in (0, -signal.SIGKILL), (child.returncode, out, err)
        kills += child.returncode != 0
        if before:
            # The same build, perhaps done by now, and nothing of it is done again.
            builds = loans.builds(view)
            after = builds.get("building", builds["serving"])
            assert after[0] == before[0] and after[1] >= before[1], (view, before, builds)
            went_on += before[1] > 0
        if tries % 10 == 0:
            loans.call("verify")
            assert loans.views() == expected, tries
    for view in VIEWS:
        loans.call("replay", view)  # goes on with what was killed
        loans.rebuild(view)
        loans.rebuild(view, "--workers", "2")
    assert loans.views() == expected
    loans.call("verify")
    assert went_on > 0, "no kill found rows of a build: give it more rows"
    print("killed", kills, "times in", tries, "tries;", went_on, "went on behind rows")
    print("COUNT kills", kills)


def main():
    case, rows = {"running": (running, 240000), "killed": (killed, 150000)}[sys.argv[2]]
    with tempfile.TemporaryDirectory() as temp:
        case(Loans(sys.argv[1], temp, rows))


main()

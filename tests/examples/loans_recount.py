#!/usr/bin/env python3
"""Counts a loan-application log by itself, from its rows and the four rules alone.

It shares no code with examples/loans, so that agreement of the two means something.

  loans_recount.py LOG           prints the report of `loans run` (without events_per_second)
  loans_recount.py LOG --views   prints every view as `loans tables --tsv` does
"""
import collections
import csv
import datetime
import gzip
import json
import sys


class Application:
    def __init__(self):
        self.state = None
        self.scheduled = {}  # work item -> when it was scheduled, until it starts
        self.started = {}  # work item -> (when, by whom), until it completes


def open_log(path):
    with open(path, "rb") as file:
        zipped = file.read(2) == b"\x1f\x8b"
    opener = gzip.open if zipped else open
    return opener(path, "rt", encoding="utf-8", newline="")


def broken_rule(application, activity, transition):
    """The lowest of the rules that the step breaks; 0 when it breaks none."""
    if (activity == "A_SUBMITTED") == (application.state is not None):
        return 1
    if activity.startswith("A_") and application.state in ("A_DECLINED", "A_CANCELLED"):
        return 2
    if transition == "START" and activity in application.started:
        return 3
    if activity.startswith("W_") and transition == "COMPLETE":
        if activity not in application.started:
            return 4
    return 0


class Recount:
    def __init__(self):
        self.rows = 0
        self.rejections = {"1": 0, "2": 0, "3": 0, "4": 0}
        self.applications = {}
        self.by_state = collections.Counter()
        self.work = collections.defaultdict(collections.Counter)
        self.offers = collections.defaultdict(collections.Counter)
        self.last_offer = {}
        self.intake = collections.defaultdict(collections.Counter)
        self.approved = collections.defaultdict(collections.Counter)

    def take(self, row):
        self.rows += 1
        activity, transition = row["concept:name"], row["lifecycle:transition"]
        case = row["case"]
        application = self.applications.get(case) or Application()
        rule = broken_rule(application, activity, transition)
        if rule:
            self.rejections[str(rule)] += 1
            return
        self.applications[case] = application
        moment = datetime.datetime.fromisoformat(row["time:timestamp"].replace("Z", "+00:00"))
        if activity.startswith("A_"):
            self.change_state(application, activity, moment, int(row["AMOUNT_REQ"]))
        elif activity.startswith("O_"):
            self.offers[case][activity] += 1
            self.last_offer[case] = activity
        else:
            self.step_work(application, activity, transition, moment, row["org:resource"])

    def change_state(self, application, activity, moment, amount):
        if application.state is not None:
            self.by_state[application.state] -= 1
        application.state = activity
        self.by_state[activity] += 1
        books = {"A_SUBMITTED": (self.intake, "%Y-%m-%d"), "A_APPROVED": (self.approved, "%Y-%m")}
        if activity in books:
            book, period = books[activity]
            book[moment.strftime(period)].update(applications=1, amount=amount)

    def step_work(self, application, item, transition, moment, employee):
        mine = self.work[employee or "(nobody)"] if transition != "SCHEDULE" else None
        if transition == "SCHEDULE":
            application.scheduled[item] = moment
        elif transition == "START":
            mine.update(started=1, open=1)
            if item in application.scheduled:
                waited = milliseconds(moment) - milliseconds(application.scheduled.pop(item))
                mine.update(waited=1, waiting=waited)
            application.started[item] = (moment, employee)
        else:
            began, by = application.started.pop(item)
            self.work[by or "(nobody)"].subtract(open=1)
            mine.update(completed=1, working=milliseconds(moment) - milliseconds(began))

    def report(self):
        declined, cancelled = self.by_state["A_DECLINED"], self.by_state["A_CANCELLED"]
        return {
            "rows": self.rows,
            "events": self.rows - sum(self.rejections.values()),
            "rejections": self.rejections,
            "cases": len(self.applications),
            "declined": declined,
            "cancelled": cancelled,
            "undecided": len(self.applications) - declined - cancelled,
            "approved": sum(row["applications"] for row in self.approved.values()),
            "approved_amount": sum(row["amount"] for row in self.approved.values()),
            "open_work_items": sum(len(a.started) for a in self.applications.values()),
        }

    def tables(self):
        offer_columns = ["O_SELECTED", "O_CREATED", "O_SENT", "O_SENT_BACK", "O_ACCEPTED"]
        offer_columns += ["O_DECLINED", "O_CANCELLED"]
        work_columns = ["started", "completed", "open", "waited", "waiting", "working"]
        yield "ApplicationsByState", {k: [v] for k, v in self.by_state.items()}
        yield "WorkItemsPerEmployee", {
            k: [v[c] for c in work_columns] for k, v in self.work.items()
        }
        yield "OffersPerApplication", {
            k: [v[c] for c in offer_columns] + [self.last_offer[k]]
            for k, v in self.offers.items()
        }
        for name, book in (("DailyIntake", self.intake), ("ApprovedPerMonth", self.approved)):
            yield name, {k: [v["applications"], v["amount"]] for k, v in book.items()}


def milliseconds(moment):
    epoch = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
    return (moment - epoch) // datetime.timedelta(milliseconds=1)


def main(arguments):
    recount = Recount()
    with open_log(arguments[0]) as log:
        for row in csv.DictReader(log):
            recount.take(row)
    if arguments[1:] == ["--views"]:
        for name, table in recount.tables():
            for key in sorted(table, key=lambda k: k.encode()):
                print("\t".join([name, key] + [str(value) for value in table[key]]))
    else:
        print(json.dumps(recount.report(), indent=2))


if __name__ == "__main__":
    main(sys.argv[1:])

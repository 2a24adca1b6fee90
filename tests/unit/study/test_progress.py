"""How far a run is: counted from Snakemake's events, timed from the jobs that ended."""

import io
import logging
import time
from types import SimpleNamespace

import pytest
from latentgeo.study import bar, progress
from latentgeo.study.progress import Progress, Timing, in_words


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


class Shown:
    def __init__(self):
        self.calls = []

    def show(self, *call):
        self.calls.append(call)

    def close(self):
        self.calls.append("closed")


def event(name, **fields):
    record = logging.LogRecord("snakemake", logging.INFO, "", 0, None, None, None)
    record.__dict__.update(fields, event=name)
    return record


@pytest.fixture
def run():
    """A run of three jobs, of which the first two are begun at once."""
    clock, shown = Clock(), Shown()
    found = Progress(shown, clock)
    found.emit(event("run_info", stats={"train_vae": 2, "cv_table": 1, "total": 3}))
    for number in (1, 2):
        begun = {"jobid": number, "rule_name": "train_vae", "rule_msg": f"Training {number}"}
        found.emit(event("job_info", **begun))
    return SimpleNamespace(progress=found, clock=clock, shown=shown.calls)


def test_a_job_that_ends_is_told_with_its_time_and_what_is_left(run):
    run.clock.now = 50.0
    run.progress.emit(event("job_finished", job_id=1))
    share, running, tell = run.shown[-1]
    assert tell == "Training 1 (50 s)" and running == ["Training 2"]
    # of the other training nothing is left; the table takes 3 s at this run's speed, 50 for 40
    assert share == f"1 of 3, {in_words(3 * 50 / 40 / 2)} left"
    run.progress.emit(event("job_finished", job_id=2))
    assert run.shown[-1][0].startswith("2 of 3") and run.shown[-1][1] == []
    run.progress.emit(event("job_finished", job_id=9))  # a gathering rule, never begun
    assert run.shown[-1] == ("3 of 3", [], None)


def test_time_that_is_left_is_that_of_waiting_and_of_running_jobs():
    timing = Timing(left={"a": 4, "b": 2}, took={"a": [10.0, 20.0], "b": [6.0]}, most=2)
    assert timing.remaining([]) == (4 * 15 + 2 * 6) / 2
    assert timing.remaining([("a", 5.0)]) == (4 * 15 - 5 + 2 * 6) / 2
    assert timing.remaining([("a", 500.0)]) == (3 * 15 + 2 * 6) / 2  # it may end any moment
    assert timing.remaining([("a", 5.0), ("a", 7.0)]) == (4 * 15 - 12 + 2 * 6) / 2


def test_rules_of_which_none_ended_take_a_typical_time_at_the_speed_of_the_others():
    assert Timing().seconds_of("train_vae") == progress.TYPICAL["train_vae"]
    slow = Timing(took={"x": [2 * progress.OTHER]})
    assert slow.seconds_of("train_vae") == 2 * progress.TYPICAL["train_vae"]


def test_a_job_that_fails_runs_no_more(run):
    run.progress.emit(event("job_error", jobid=2))
    assert run.shown[-1][1] == ["Training 1"]


def test_the_time_that_is_left_runs_on_until_the_end(run):
    before = len(run.shown)
    run.progress.keep_showing(every=0.01)
    for _ in range(500):
        if len(run.shown) > before + 2:
            break
        time.sleep(0.01)
    assert run.shown[-1] == (run.progress.share(), run.progress.running(), None)
    run.progress.close()
    time.sleep(0.1)
    told = len(run.shown)
    time.sleep(0.1)
    assert len(run.shown) == told and "closed" in run.shown


def test_a_run_that_was_only_planned_says_nothing():
    shown = Shown()
    found = Progress(shown)
    found.emit(event("job_info", jobid=1, rule_name="x", rule_msg="x"))
    assert shown.calls == []


@pytest.mark.parametrize(
    "seconds, words",
    [(0.4, "0 s"), (99.4, "99 s"), (99.6, "2 min"), (3600, "60 min"), (7800, "2 h 10 min")],
)
def test_times_in_words(seconds, words):
    assert in_words(seconds) == words


def test_in_a_file_there_are_plain_lines_of_what_ended_alone():
    stream = io.StringIO()
    plain = bar.Plain(stream)
    plain.show("1 of 3, 8 s left", ["x"], None)
    plain.show("2 of 3, 4 s left", ["x"], "Training (5 s)")
    plain.close()
    assert stream.getvalue() == "[2 of 3, 4 s left] Training (5 s)\n"


class Screen:
    """A terminal that knows the few codes that the bar uses; what is below the margins stays."""

    def __init__(self, lines):
        self.rows, self.margin = [""] * lines, lines
        self.line, self.kept = 0, 0

    def write(self, text):
        while text:
            if text.startswith(("\0337", "\0338")):
                self.kept, self.line = (
                    (self.line, self.line)
                    if text[1] == "7"
                    else (
                        self.kept,
                        self.kept,
                    )
                )
                text = text[2:]
            elif text.startswith("\033["):
                code = next(n for n, letter in enumerate(text) if letter.isalpha())
                self.obey(text[code], text[2:code])
                text = text[code + 1 :]
            elif text[0] == "\n":
                self.down()
                text = text[1:]
            else:
                self.rows[self.line] += text[0]
                text = text[1:]

    def obey(self, letter, numbers):
        if letter == "r":
            self.margin = int(numbers.partition(";")[2] or len(self.rows))
            self.line = 0
        elif letter == "H":
            self.line = int(numbers.partition(";")[0]) - 1
        elif letter == "K":
            self.rows[self.line] = ""
        elif letter == "A":
            self.line -= int(numbers)

    def down(self):
        if self.line == self.margin - 1:
            del self.rows[0]
            self.rows.insert(self.margin - 1, "")
        else:
            self.line += 1

    def flush(self):
        pass


def test_the_last_line_of_a_terminal_stays_while_all_else_scrolls(monkeypatch):
    monkeypatch.setattr(bar.shutil, "get_terminal_size", lambda: (60, 5))
    screen = Screen(5)
    screen.line = 4  # a prompt is in the last line as a rule
    shown = bar.Bar(screen)
    shown.show("1 of 4, 9 s left", ["Training"], None)
    for number in range(6):
        screen.write(f"line {number}\n")
    shown.show("2 of 4, 5 s left", ["Solving"], "Training (4 s)")
    assert screen.rows[4].startswith("████████████░░░░░░░░░░░░ 2 of 4, 5 s left · Sol")
    assert len(screen.rows[4]) < 60
    assert "[2 of 4, 5 s left] Training (4 s)" in screen.rows[:4]
    shown.close()
    assert screen.rows[4] == "" and screen.margin == 5
    shown.close()


def test_snakemakes_own_lines_about_single_jobs_are_not_said_twice():
    logger = logging.Logger("snakemake")
    stream = io.StringIO()
    own = logging.StreamHandler(stream)
    own.name = "DefaultStreamHandler"
    logger.addHandler(own)
    told = io.StringIO()
    found = progress.follow(logger, told)
    assert progress.follow(logger, told) is None  # already
    logger.info("Building DAG of jobs...")
    logger.info("Select jobs to execute...")
    logger.info("x", extra={"event": "run_info", "stats": {"a": 1, "total": 1}})
    logger.info("y", extra={"event": "job_info", "jobid": 1, "rule_name": "a", "rule_msg": "Aing"})
    logger.info("z", extra={"event": "job_finished", "job_id": 1})
    logger.error("wrong", extra={"event": "error"})
    assert stream.getvalue() == "Building DAG of jobs...\nx\nwrong\n"
    assert told.getvalue() == "[1 of 1] Aing (0 s)\n"
    found.close()


def test_another_handler_that_was_asked_for_is_left_alone():
    logger = logging.Logger("snakemake")
    logger.addHandler(logging.StreamHandler(io.StringIO()))
    assert progress.follow(logger, io.StringIO()) is None
    assert len(logger.handlers) == 1

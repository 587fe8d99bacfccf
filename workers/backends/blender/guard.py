"""What all scripts share: the order comes in a JSON file, the outcome goes into another, and nothing outlives its parent."""

import json
import os
import sys
import threading
import traceback


class Problem(Exception):
    """What a person can be told; `retry` is a class of the studio: input, capacity, transient or fatal."""

    def __init__(self, problem, retry="input"):
        super().__init__(problem)
        self.retry = retry


def end_with_parent():
    """The parent holds the other end of stdin: when it is gone, however it went, so are we."""

    def wait():
        while os.read(0, 4096):
            pass
        os._exit(3)

    threading.Thread(target=wait, daemon=True).start()


def run(work):
    """Calls work(order) and writes its result, or what went wrong, beside the order as result.json."""
    end_with_parent()
    path = sys.argv[sys.argv.index("--") + 1]
    with open(path, encoding="utf-8") as file:
        order = json.load(file)
    try:
        outcome = {"ok": True, **work(order)}
    except Problem as problem:
        outcome = {"ok": False, "problem": str(problem), "retry": problem.retry}
    except MemoryError:
        outcome = {"ok": False, "problem": "it ran out of memory", "retry": "capacity"}
    except Exception as error:
        traceback.print_exc()
        outcome = {"ok": False, "problem": f"{type(error).__name__}: {error}", "retry": "transient"}
    with open(os.path.join(os.path.dirname(path), "result.json"), "w", encoding="utf-8") as file:
        json.dump(outcome, file)

# Tells bunker what happens, one line of JSON an event, and does what it asks between tasks. Written anew for each run.
from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time

from ansible.plugins.callback import CallbackBase

DOCUMENTATION = """
    name: bunker
    type: stdout
    short_description: one line of JSON for each event
    extends_documentation_fragment:
      - default_callback
"""

NONCE = os.environ.get("BUNKER_PLAYBOOK", "")
FOLDER = os.path.dirname(os.path.abspath(__file__))
LIMIT = 256 * 1024
QUIET = {
    "changed", "msg", "stdout", "stderr", "stdout_lines", "stderr_lines", "diff", "results", "invocation", "warnings",
    "deprecations", "exception", "failed", "skipped", "skip_reason", "false_condition", "unreachable", "ansible_facts", "rc",
    "start", "end", "delta", "cmd",
}


def marked():
    """Processes of this run, by what stands in their environment; not this one."""
    found = []
    for name in os.listdir("/proc"):
        if not name.isdigit() or int(name) == os.getpid():
            continue
        try:
            with open("/proc/%s/environ" % name, "rb") as file:
                if ("BUNKER_PLAYBOOK=" + NONCE).encode() in file.read().split(b"\0"):
                    found.append(int(name))
        except OSError:
            continue
    return found


def watch():
    """Ends this run when the worker is gone: nobody would see what it does."""
    try:
        while os.read(0, 4096):
            pass
    except OSError:
        pass
    for sign in (signal.SIGTERM, signal.SIGKILL):
        for pid in marked():
            try:
                os.kill(pid, sign)
            except OSError:
                pass
        time.sleep(2)
    os.kill(os.getpid(), signal.SIGKILL)


def asked(word):
    return os.path.exists(os.path.join(FOLDER, word))


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "stdout"
    CALLBACK_NAME = "bunker"

    def __init__(self):
        super().__init__()
        self.numbers = {}
        threading.Thread(target=watch, daemon=True).start()

    def tell(self, event, **more):
        more["event"] = event
        line = ("\x1e%s %s\n" % (NONCE, json.dumps(more, default=str))).encode()
        sys.stdout.flush()
        while line:
            line = line[os.write(1, line):]

    def number(self, task):
        key = str(task._uuid)
        if key not in self.numbers:
            self.numbers[key] = len(self.numbers) + 1
            self.tell("task", task=self.numbers[key], name=task.get_name().strip())
        return self.numbers[key]

    def between(self, task):
        while asked("hold") and not asked("stop"):
            time.sleep(0.1)
        if asked("stop"):
            raise KeyboardInterrupt("bunker was asked to stop")
        self.number(task)

    def v2_playbook_on_task_start(self, task, is_conditional):
        self.between(task)

    def v2_playbook_on_handler_task_start(self, task):
        self.between(task)

    def v2_playbook_on_cleanup_task_start(self, task):
        self.between(task)

    def v2_runner_on_start(self, host, task):
        self.tell("start", host=host.get_name(), task=self.number(task))

    def words(self, result):
        """What a person wants to read of a result."""
        parts = []
        for item in result.get("results") or []:
            if isinstance(item, dict):
                label = item.get("_ansible_item_label", item.get("item", ""))
                word = "failed" if item.get("failed") else "changed" if item.get("changed") else "skipped" if item.get("skipped") else "ok"
                parts.append("%s: (item=%s)" % (word, label))
                parts.append(self.words(item))
        if result.get("msg") not in (None, ""):
            parts.append(result["msg"] if isinstance(result["msg"], str) else json.dumps(result["msg"], default=str))
        for name in ("stdout", "stderr", "module_stdout", "module_stderr"):
            if isinstance(result.get(name), str):
                parts.append(result[name].rstrip("\n"))
        if result.get("diff"):
            try:
                parts.append(self._get_diff(result["diff"]).rstrip("\n"))
            except Exception as error:
                parts.append("the difference cannot be shown: %s" % error)
        rest = {k: v for k, v in result.items() if k not in QUIET and not k.startswith("_")}
        if not any(parts) and rest:
            parts.append(json.dumps(rest, default=str, ensure_ascii=False))
        return "\n".join(part for part in parts if part)

    def reason(self, result):
        """One sentence."""
        first = result.get("msg") or result.get("skip_reason") or result.get("module_stderr") or result.get("stderr") or ""
        if result.get("skip_reason") and result.get("false_condition") is not None:
            first = "%s: %s" % (result["skip_reason"], result["false_condition"])
        for item in result.get("results") or []:
            if isinstance(item, dict) and item.get("failed") and item.get("msg"):
                first = item["msg"]
                break
        text = first if isinstance(first, str) else json.dumps(first, default=str)
        line = (text.strip().splitlines() or [""])[0][:2000]
        return "%s (rc %s)" % (line, result["rc"]) if line and result.get("rc") else line

    def ended(self, result, how):
        data = getattr(result, "result", None)
        data = result._result if data is None else data
        text = self.words(data)
        if len(text) > LIMIT:
            text = text[:LIMIT] + "\n... %d more characters are not kept" % (len(text) - LIMIT)
        self.tell("end", host=result._host.get_name(), task=self.number(result._task), how=how, message=self.reason(data), output=text)

    def v2_runner_on_ok(self, result):
        data = getattr(result, "result", None)
        data = result._result if data is None else data
        self.ended(result, "changed" if data.get("changed") else "ok")

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self.ended(result, "ignored" if ignore_errors else "failed")

    def v2_runner_on_skipped(self, result):
        self.ended(result, "skipped")

    def v2_runner_on_unreachable(self, result):
        self.ended(result, "unreachable")

    def v2_playbook_on_stats(self, stats):
        for host in sorted(stats.processed):
            count = stats.summarize(host)
            self.tell("count", host=host, **{k: count[k] for k in ("ok", "changed", "failures", "unreachable")})

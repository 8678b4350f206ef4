"""The table of commands: where each is, and its one line of help."""

from __future__ import annotations

from phlo.cli.lazy import Lazy

COMMANDS = {
    "init": Lazy("phlo.cli.init:init", "Create a project in a folder"),
    "demo": Lazy("phlo.cli.demo:demo", "Make and run an example lakehouse with real data"),
    "services": Lazy("phlo.cli.services:services", "Start, stop and inspect services"),
    "add": Lazy("phlo.cli.add:add", "Install packages and record them in the project"),
    "remove": Lazy("phlo.cli.remove:remove", "Take packages out"),
    "swap": Lazy("phlo.cli.swap:swap", "Put one service in the place of another"),
    "upgrade": Lazy("phlo.cli.upgrade:upgrade", "Install newer versions of packages"),
    "plugin": Lazy("phlo.cli.plugin:plugin", "Write, check, find and install packages"),
    "config": Lazy("phlo.cli.config:config", "Check, show and explain the configuration"),
    "secrets": Lazy("phlo.cli.secrets:secrets", "List, show, rotate and export secrets"),
    "export": Lazy("phlo.cli.export:export", "Write the project for places without phlo"),
    "env": Lazy("phlo.cli.env:env", "Show the variables of the project's services"),
    "run": Lazy("phlo.cli.run_program:run_program", "Run a program with those variables"),
    "materialize": Lazy("phlo.cli.materialize:materialize", "Run assets and their checks"),
    "check": Lazy("phlo.cli.check:check", "Run the checks of tables"),
    "query": Lazy("phlo.cli.query:query", "Run a SQL query"),
    "tables": Lazy("phlo.cli.tables:tables", "List the tables"),
    "describe": Lazy("phlo.cli.describe:describe", "Show a table's columns, files and snapshots"),
    "preview": Lazy("phlo.cli.preview:preview", "Show a table's first rows"),
    "branch": Lazy("phlo.cli.branch:branch", "Work on tables aside, and publish at once"),
    "assets": Lazy("phlo.cli.assets:assets", "List assets, their graph and their details"),
    "runs": Lazy("phlo.cli.runs:runs", "List runs and show what happened in one"),
    "schedules": Lazy("phlo.cli.schedules:schedules", "List schedules, switch them on and off"),
    "manifest": Lazy("phlo.cli.manifest:manifest", "Read workflows/ and write the manifest"),
    "doctor": Lazy("phlo.cli.doctor:doctor", "Look for what would stop phlo from working"),
    "completion": Lazy("phlo.cli.completion:completion", "Print what a shell completes phlo by"),
    "help": Lazy("phlo.cli.help:help_command", "Explain an error code"),
    "exec": Lazy("phlo.cli.exec:exec_command", "Run one step (used by orchestrators)", hidden=True),
}

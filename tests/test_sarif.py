#!/usr/bin/env python3
"""SARIF as Microsoft's multitool and GitHub's own rules judge it.

The multitool exits 0 even for broken JSON, so the results it writes are read.  It comes from npm, in
the version of tests/tools/package-lock.json, into build/test_tools.  Where it cannot be had or does
not run, this test fails and says so.
"""

import collections
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile

from harness import FIXTURES, ROOT, Checks, cyclint

TOOLS = os.path.join(ROOT, "build", "test_tools")
PINNED = os.path.join(ROOT, "tests", "tools")
PROGRAM = os.path.join(
    TOOLS, "node_modules", "@microsoft", "sarif-multitool-linux", "Sarif.Multitool"
)

GOOD = "def double(number):\n    return 2 * number\n"
# Columns behind wide characters and tabs, and a line that occurs twice.
BAD = (
    "def collect(item, found=[]):\n    found.append(item)\n    return found\n\n\n"
    "def 集める(é='日本', found=[]):\n\tfound.append(é)\n\treturn found\n\n\n"
    "def again():\n    global nothing\n\n\ndef more():\n    global nothing\n"
)


class CannotJudge(Exception):
    pass


def fetch():
    if not os.path.exists(PROGRAM):
        shutil.copytree(PINNED, TOOLS, dirs_exist_ok=True)
        done = subprocess.run(
            ["npm", "ci", "--silent", "--no-audit", "--no-fund"],
            cwd=TOOLS,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if done.returncode or not os.path.exists(PROGRAM):
            raise CannotJudge("npm could not install the SARIF multitool:\n" + done.stdout)
    os.chmod(PROGRAM, os.stat(PROGRAM).st_mode | stat.S_IXUSR)


def validated(path):
    """What the multitool says of a file: (level, rule, message) of each result it writes."""
    output = path + ".judged"
    done = subprocess.run(
        [PROGRAM, "validate", path, "--rule-kind", "Sarif;Ghas", "--level", "Error;Warning;Note"]
        + ["--output", output],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=dict(os.environ, DOTNET_SYSTEM_GLOBALIZATION_INVARIANT="1"),
    )
    if not os.path.exists(output):
        raise CannotJudge("the SARIF multitool does not run on this machine:\n" + done.stdout)
    with open(output, encoding="utf-8-sig") as file:
        run = json.load(file)["runs"][0]
    os.remove(output)
    rules = {rule["id"]: rule for rule in run["tool"]["driver"].get("rules", [])}
    return [judgement(result, rules) for result in run.get("results", [])]


def judgement(result, rules):
    rule = rules.get(result["ruleId"], {})
    level = result.get("level") or rule.get("defaultConfiguration", {}).get("level", "warning")
    message = result["message"]
    return level, result["ruleId"], message.get("text") or str(message.get("arguments"))


def check_validator(checks, folder):
    """The validator must be able to find fault, or its silence means nothing."""
    path = os.path.join(folder, "faulty.sarif")
    with open(path, "w") as file:
        file.write('{"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}}]}')
    judged = validated(path)
    checks.check(any(level == "error" for level, _, _ in judged), "the validator finds faults")


def check_file(checks, path, what):
    judged = validated(path)
    faults = [one for one in judged if one[0] in ("error", "warning")]
    checks.check(not faults, what + ": no error, no warning", "\n".join(map(str, faults)))
    notes = collections.Counter(rule for level, rule, _ in judged if level == "note")
    for rule, n in sorted(notes.items()):
        print("the validator notes on %s: %d times %s" % (what, n, rule))


def newest_unit_test():
    found = [
        os.path.join(folder, "unit_report")
        for folder, _, files in os.walk(os.path.join(ROOT, "build", "obj"))
        if "unit_report" in files
    ]
    return max(found, key=os.path.getmtime) if found else None


def check_everything(checks, folder):
    """A hand-made finding with all that a finding can have; unit_report prints it."""
    unit = newest_unit_test()
    checks.check(unit, "unit_report is built: run `make units`")
    if unit:
        path = os.path.join(folder, "everything.sarif")
        with open(path, "wb") as file:
            status = subprocess.run([unit, "sarif"], stdout=file).returncode
        checks.equal(status, 0, "unit_report sarif")
        check_file(checks, path, "everything")


def write(folder, name, text):
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)


def run_sarif(folder, *arguments):
    answer = cyclint("-f", "sarif", *arguments, ".", cwd=folder)
    if not answer.out.startswith("{"):
        raise CannotJudge("cyclint wrote no SARIF: %s" % answer)
    return json.loads(answer.out)["runs"][0], answer


def check_binary(checks, folder):
    project = os.path.join(folder, "project")
    write(project, "good.py", GOOD)
    run, answer = run_sarif(project)
    checks.equal(run["results"], [], "a clean project has an empty list of results")
    write(folder, "clean.sarif", answer.out)
    check_file(checks, os.path.join(folder, "clean.sarif"), "a clean project")

    write(project, "pkg/b a d.py", BAD)
    run, answer = run_sarif(project)
    write(folder, "bad.sarif", answer.out)
    check_file(checks, os.path.join(folder, "bad.sarif"), "a project with findings")
    check_results(checks, run)
    check_limit(checks, project, len(run["results"]))


def check_results(checks, run):
    results = run["results"]
    checks.check(len(results) >= 2, "the project has findings", results)
    rules = run["tool"]["driver"]["rules"]
    hashes = {}
    for result in results:
        place = result["locations"][0]["physicalLocation"]
        checks.equal(rules[result["ruleIndex"]]["id"], result["ruleId"], "ruleIndex")
        checks.equal(place["artifactLocation"]["uri"], "pkg/b%20a%20d.py", "uri")
        checks.equal(
            sorted(place["region"]),
            ["endColumn", "endLine", "startColumn", "startLine"],
            "all four numbers of a region",
        )
        line = place["region"]["startLine"]
        hashes.setdefault(result["partialFingerprints"]["primaryLocationLineHash"], line)
        checks.equal(
            hashes[result["partialFingerprints"]["primaryLocationLineHash"]], line, "line hash"
        )
        text = BAD.splitlines()[line - 1]
        checks.check(1 <= place["region"]["startColumn"] <= len(text) + 1, "column", result)
        checks.check("suppressions" not in result, "no suppressions unless asked for")
    for rule in rules:
        for key in ("shortDescription", "fullDescription"):
            checks.check(0 < len(rule[key]["text"]) <= 1024, "%s of %s" % (key, rule["id"]))
        checks.check(rule["help"]["text"] and rule["help"]["markdown"], "help of " + rule["id"])
        checks.check("security-severity" not in rule["properties"], "no security-severity")


def check_limit(checks, project, n_all):
    run, _ = run_sarif(project, "--sarif-max", "1")
    checks.equal(len(run["results"]), 1, "--sarif-max 1 keeps one result")
    notes = run["invocations"][0]["toolExecutionNotifications"]
    checks.check(
        any("gravest 1 of %d" % n_all in note["message"]["text"] for note in notes),
        "a notification tells of results left out",
        notes,
    )


def check_fixtures(checks, folder):
    """Every rule's bad example, all rules on."""
    answer = cyclint("-f", "sarif", "--enable=all", FIXTURES)
    write(folder, "fixtures.sarif", answer.out)
    check_file(checks, os.path.join(folder, "fixtures.sarif"), "the fixtures")
    results = json.loads(answer.out)["runs"][0]["results"]
    flows = [result for result in results if "codeFlows" in result]
    checks.check(flows, "cycles have code flows")
    for result in results:
        ids = {place["id"] for place in result.get("relatedLocations", [])}
        linked = {int(one) for one in re.findall(r"[^\\]\]\((\d+)\)", result["message"]["text"])}
        checks.equal(linked, ids, "each related place is linked from the message")


def check_failures(checks, folder):
    project = os.path.join(folder, "broken")
    write(project, "good.py", GOOD)
    run, answer = run_sarif(project, "missing.py")
    invocation = run["invocations"][0]
    checks.equal(invocation["executionSuccessful"], False, "a file that failed")
    notes = invocation["toolExecutionNotifications"]
    checks.equal(len(notes), 1, "one notification for the file that failed")
    notifications = run["tool"]["driver"]["notifications"]
    for note in notes:
        index = note["descriptor"]["index"]
        checks.equal(notifications[index]["id"], note["descriptor"]["id"], "notification's index")
    write(folder, "failed.sarif", answer.out)
    check_file(checks, os.path.join(folder, "failed.sarif"), "a project with a file that failed")


def main():
    checks = Checks("sarif")
    with tempfile.TemporaryDirectory() as folder:
        try:
            fetch()
            check_validator(checks, folder)
            check_everything(checks, folder)
            check_binary(checks, folder)
            check_failures(checks, folder)
            check_fixtures(checks, folder)
        except (CannotJudge, FileNotFoundError) as error:
            checks.check(False, "SARIF could not be validated", error)
    checks.finish()


if __name__ == "__main__":
    sys.exit(main())

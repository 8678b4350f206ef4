import { expect, test } from "vitest";

import { affected } from "./live";

test("the end of a run changes what most pages show", () => {
  for (const type of ["run.ended", "published", "held_back", "materialized"]) {
    expect(affected(type)).toEqual(expect.arrayContaining(["home", "runs", "run", "datasets", "dataset", "lineage", "checks"]));
  }
});

test("progress and log lines change only the page of the run", () => {
  expect(affected("step.progress")).toEqual(["run"]);
  expect(affected("log")).toEqual(["run"]);
});

test("a check changes checks, and a service services", () => {
  expect(affected("check.executed")).toEqual(["checks", "run"]);
  expect(affected("service.state")).toEqual(["services", "home"]);
});

test("after a gap in the stream everything is asked for again", () => {
  expect(affected("reset")).toEqual(["*"]);
});

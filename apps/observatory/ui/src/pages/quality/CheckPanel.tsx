import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { JSX } from "react";

import { type Check, check, executions } from "../../api/queries";
import { count, duration, share } from "../../lib/format";
import { Copy, Empty, Section, Time } from "../../parts/basics";
import { Code } from "../../parts/Code";
import { DatasetLink, RunLink } from "../../parts/links";
import { Loaded } from "../../parts/Loaded";
import { Panel } from "../../parts/Panel";
import { Status, Strip } from "../../parts/Status";
import { keepRef } from "../../shell/Shell";
import { FailingRows } from "./FailingRows";

/** One check: what it asks, how it went, which rows fail. */
export function CheckPanel({ id, onClose }: { id: string; onClose: () => void }): JSX.Element {
  const found = useQuery(check(id));
  return (
    <Panel title={<span className="mono">{found.data?.name ?? "Check"}</span>} onClose={onClose}>
      <Loaded of={found} rows={8}>
        {(one) => <About one={one} />}
      </Loaded>
    </Panel>
  );
}

function About({ one }: { one: Check }): JSX.Element {
  return (
    <>
      <dl className="facts">
        <dt>Result</dt>
        <dd>
          <Status state={one.status} />
        </dd>
        <dt>Table</dt>
        <dd>
          <DatasetLink id={one.dataset_id} name={one.table} />
        </dd>
        {one.columns.length ? (
          <>
            <dt>Columns</dt>
            <dd className="mono">{one.columns.join(", ")}</dd>
          </>
        ) : null}
        <dt>If it fails</dt>
        <dd>{one.severity === "error" ? "The table is held back as it was" : "It tells, and the table is published"}</dd>
        <dt>Owner</dt>
        <dd>{one.owner ?? "none"}</dd>
        {one.place ? (
          <>
            <dt>Written in</dt>
            <dd className="mono">
              {one.place.file}
              {one.place.line ? `:${one.place.line}` : ""}
              <Copy text={`${one.place.file}${one.place.line ? `:${one.place.line}` : ""}`} label="the place" />
            </dd>
          </>
        ) : null}
        {one.last ? (
          <>
            <dt>Last run</dt>
            <dd>
              <RunLink id={one.last.run_id}>
                <Time at={one.last.at} />
              </RunLink>
              <span className="muted"> in {duration(one.last.duration_ms)}, {METHODS[one.last.method] ?? one.last.method}</span>
            </dd>
          </>
        ) : null}
      </dl>
      {one.description ? <p className="dataset-text">{one.description}</p> : null}
      {one.last?.message ? <p className="dataset-text">{one.last.message}</p> : null}
      {one.status === "never" ? (
        <div className="gap-above">
          <Empty title="It never ran" command={`phlo check ${one.table}`}>
            It runs before each publish of the table, and alone by this command.
          </Empty>
        </div>
      ) : null}
      <FailingRows check={one} />
      {one.sql ? (
        <Section title="The rows that fail, as SQL" aside={<Link to="/sql" search={(was) => ({ ...keepRef(was), sql: one.sql! })}>Run it</Link>}>
          <Code text={one.sql} language="sql" />
        </Section>
      ) : null}
      {one.last ? <History one={one} /> : null}
    </>
  );
}

const METHODS: Record<string, string> = { metadata: "from the files' statistics", sql: "by SQL", python: "by Python" };

function History({ one }: { one: Check }): JSX.Element {
  const found = useQuery(executions(one.id));
  return (
    <Section title="History" aside={<Strip history={one.history} />}>
      <Loaded of={found}>
        {({ items }) => (
          <ol className="rows">
            {items.map((each) => (
              <li key={`${each.run_id}-${each.at}`} className="snapshot">
                <Status state={each.status} />
                <span className="grow muted">{each.failed ? `${count(each.failed)} fail${each.checked ? ` (${share(each.failed, each.checked)})` : ""}` : ""}</span>
                <RunLink id={each.run_id} />
                <span className="muted w-time num">
                  <Time at={each.at} />
                </span>
              </li>
            ))}
          </ol>
        )}
      </Loaded>
    </Section>
  );
}

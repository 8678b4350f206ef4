import { useQuery } from "@tanstack/react-query";
import type { JSX } from "react";

import { type Diff, type Ref, refDiff, refLog } from "../../api/queries";
import { count, plural } from "../../lib/format";
import { Empty, Section, Tag, Time } from "../../parts/basics";
import { RunLink } from "../../parts/links";
import { Loaded } from "../../parts/Loaded";
import { Panel } from "../../parts/Panel";
import { RefActions } from "./RefActions";

/** One branch or tag: what it changed, what was published to it, and what can be done with it. */
export function RefPanel({ one, onClose }: { one: Ref; onClose: () => void }): JSX.Element {
  return (
    <Panel title={<span className="mono">{one.name}</span>} onClose={onClose}>
      {one.is_default || one.is_run ? null : <RefActions one={one} onGone={onClose} />}
      {one.is_default ? null : <Changes one={one} />}
      {one.kind === "tag" ? null : <Published one={one} />}
    </Panel>
  );
}

function Changes({ one }: { one: Ref }): JSX.Element {
  const found = useQuery(refDiff(one.name));
  const isTag = one.kind === "tag";
  return (
    <Section title={isTag ? "Other than on main" : "What it changed"}>
      <Loaded of={found} rows={3}>
        {({ items, base }) =>
          items.length ? (
            <ul className="changes">
              {items.map((change) => (
                <Change key={change.table} change={change} base={base} />
              ))}
            </ul>
          ) : (
            <Empty title={isTag ? "It has the tables of main" : "Nothing that is not published"} command={isTag ? undefined : `phlo materialize --ref ${one.name}`} />
          )
        }
      </Loaded>
    </Section>
  );
}

/** The words that the API has for what became of a table, as a state looks. */
const TONES: Record<string, string> = { added: "tone-ok", dropped: "tone-fail", changed: "" };

function Change({ change, base }: { change: Diff["items"][number]; base: string }): JSX.Element {
  const { rows_before: before, rows: after } = change;
  const by = (after ?? 0) - (before ?? 0);
  return (
    <li className="change">
      <div className="line">
        <span className="mono strong wrap-anywhere">{change.table}</span>
        <span className={`nowrap ${TONES[change.state] ?? ""}`}>{change.state}</span>
      </div>
      <p className="muted">
        {before === null ? "" : `${plural(before, "row")} on ${base}`}
        {before !== null && after !== null ? ", " : ""}
        {after === null ? "" : `${count(after)} here`}
        {before !== null && after !== null && by ? ` (${by > 0 ? "+" : "−"}${count(Math.abs(by))})` : ""}
      </p>
      {change.columns.length ? (
        <p className="line wrap">
          {change.columns.map((text) => (
            <Tag key={text}>{text}</Tag>
          ))}
        </p>
      ) : null}
    </li>
  );
}

function Published({ one }: { one: Ref }): JSX.Element {
  const found = useQuery(refLog(one.name));
  return (
    <Section title="Published to it">
      <Loaded of={found} rows={3}>
        {({ items }) =>
          items.length ? (
            <ol className="changes">
              {items.map((item, n) => (
                <li key={n} className="change">
                  <div className="line">
                    {item.run_id ? <RunLink id={item.run_id}>Run {item.run_id.split("-").at(-1)}</RunLink> : <span className="mono wrap-anywhere">{item.branch}</span>}
                    <span className="muted nowrap">
                      <Time at={item.at} />
                    </span>
                  </div>
                  <p className="muted mono wrap-anywhere">{item.tables.map((table) => table.table).join(", ")}</p>
                </li>
              ))}
            </ol>
          ) : (
            <p className="muted">Nothing yet.</p>
          )
        }
      </Loaded>
    </Section>
  );
}

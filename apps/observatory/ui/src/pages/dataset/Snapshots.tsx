import { useQuery } from "@tanstack/react-query";
import type { JSX } from "react";

import { type Snapshot, snapshots } from "../../api/queries";
import { count, plural } from "../../lib/format";
import { useRefName } from "../../lib/ref";
import { Copy, Empty, Section, Tag, Time } from "../../parts/basics";
import { RunLink } from "../../parts/links";
import { Loaded } from "../../parts/Loaded";

/** The states the table has had, each with what it changed. */
export function Snapshots({ id }: { id: string }): JSX.Element {
  const found = useQuery(snapshots(id, useRefName()));
  const total = found.data?.total;
  return (
    <Section id="snapshots" title="Snapshots" aside={total ? <span className="muted">{plural(total, "snapshot")}</span> : null}>
      <Loaded of={found}>
        {({ items, truncated }) =>
          items.length === 0 ? (
            <Empty title="There is no snapshot yet">Each publish of the table makes one.</Empty>
          ) : (
            <>
              <ol className="rows">
                {items.map((one) => (
                  <li key={one.id} className="snapshot">
                    <span className="mono truncate">{one.id}</span>
                    <Copy text={one.id} label="the snapshot" />
                    <Changed one={one} />
                    <span className="muted grow">{one.added_files ? plural(one.added_files, "file") : "no file"}</span>
                    {one.is_current ? <Tag>current</Tag> : null}
                    {one.run_id ? <RunLink id={one.run_id} /> : <span className="muted">no run</span>}
                    <span className="muted w-time num">
                      <Time at={one.at} />
                    </span>
                  </li>
                ))}
              </ol>
              {truncated ? <p className="muted note">{`The newest ${items.length} are shown.`}</p> : null}
            </>
          )
        }
      </Loaded>
    </Section>
  );
}

function Changed({ one }: { one: Snapshot }): JSX.Element {
  return (
    <span className="changed">
      <span className={one.added_rows ? "tone-ok" : "muted"}>+{count(one.added_rows)}</span>
      <span className={one.deleted_rows ? "tone-fail" : "muted"}>−{count(one.deleted_rows)}</span>
      <span className="muted">= {plural(one.total_rows, "row")}</span>
    </span>
  );
}

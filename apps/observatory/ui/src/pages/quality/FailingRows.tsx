import { useQuery } from "@tanstack/react-query";
import type { JSX } from "react";

import { type Check, failingRows } from "../../api/queries";
import { count, plural } from "../../lib/format";
import { Section } from "../../parts/basics";
import { Loaded } from "../../parts/Loaded";

/** A sample of the rows that failed the last time. */
export function FailingRows({ check }: { check: Check }): JSX.Element | null {
  const found = useQuery({ ...failingRows(check.id), enabled: Boolean(check.last?.failed) });
  if (!check.last?.failed) return null;
  return (
    <Section title="Rows that fail" aside={found.data ? <span className="muted">{`${count(found.data.rows.length)} of ${plural(check.last.failed, "row")}`}</span> : null}>
      <Loaded of={found}>
        {({ columns, rows }) =>
          rows.length === 0 ? (
            <p className="muted">No sample was kept of this run; the SQL below returns the rows.</p>
          ) : (
            <div className="table-box sample" tabIndex={0} role="region" aria-label="A sample of the rows">
              <table className="table">
                <caption className="visually-hidden">A sample of the rows that fail</caption>
                <thead>
                  <tr>
                    {columns.map((name, n) => (
                      <th key={n} scope="col" className="mono">
                        {name}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {rows.map((row, n) => (
                    <tr key={n}>
                      {row.map((value, at) => (
                        <td key={at} className={`mono nowrap${value === null ? " muted" : ""}`}>
                          {value === null ? "NULL" : typeof value === "object" ? JSON.stringify(value) : String(value)}
                        </td>
                      ))}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          )
        }
      </Loaded>
    </Section>
  );
}

import { Link } from "@tanstack/react-router";
import { type JSX, useMemo } from "react";

import type { Event, RunDetail } from "../../api/queries";
import { count, plural, share } from "../../lib/format";
import { Section } from "../../parts/basics";
import { Status } from "../../parts/Status";
import { keepRef } from "../../shell/Shell";
import { outcomes } from "./story";

/** The checks that this run made, the worst first. */
export function Outcomes({ events, run }: { events: Event[] | undefined; run: RunDetail }): JSX.Element | null {
  const found = useMemo(() => outcomes(events ?? []), [events]);
  if (!found.length) return null;
  const bad = found.filter((one) => one.status !== "passed").length;
  const idOf = (table: string) => run.steps.find((step) => step.asset === table)?.dataset_id;
  return (
    <Section title="Checks" aside={<span className="muted">{bad ? `${bad} of ${plural(found.length, "check")} did not pass` : `all ${found.length} passed`}</span>}>
      <div className="table-box">
        <table className="table">
          <caption className="visually-hidden">Checks of the run</caption>
          <thead>
            <tr>
              <th scope="col">Check</th>
              <th scope="col">Result</th>
              <th scope="col" className="num">
                Rows that fail
              </th>
              <th scope="col" className="hide-narrow">
                If it fails
              </th>
            </tr>
          </thead>
          <tbody>
            {found.map((one) => (
              <tr key={`${one.table} ${one.name}`}>
                <td className="check-name">
                  <span className="mono muted">{one.table} </span>
                  {idOf(one.table) ? (
                    <Link to="/catalog/$id" params={{ id: idOf(one.table)! }} hash="checks" search={keepRef} className="mono">
                      {one.name}
                    </Link>
                  ) : (
                    <span className="mono">{one.name}</span>
                  )}
                  {one.message ? <span className="muted sub">{one.message}</span> : null}
                </td>
                <td>
                  <Status state={one.status} />
                </td>
                <td className="num nowrap">
                  {one.failed ? (
                    <>
                      {count(one.failed)} {one.checked ? <span className="muted">({share(one.failed, one.checked)})</span> : null}
                    </>
                  ) : (
                    count(one.failed)
                  )}
                </td>
                <td className="muted hide-narrow">{one.severity === "error" ? "holds back" : "tells"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

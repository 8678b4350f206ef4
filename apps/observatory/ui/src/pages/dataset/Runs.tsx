import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { JSX } from "react";

import { datasetRuns } from "../../api/queries";
import { count, duration } from "../../lib/format";
import { Empty, Section, Time } from "../../parts/basics";
import { RunLink } from "../../parts/links";
import { Loaded } from "../../parts/Loaded";
import { Status } from "../../parts/Status";
import { keepRef } from "../../shell/Shell";

export function Runs({ id, name }: { id: string; name: string }): JSX.Element {
  const found = useQuery(datasetRuns(id));
  const all = (
    <Link to="/runs" search={(was) => ({ ...keepRef(was), asset: name })}>
      All runs
    </Link>
  );
  return (
    <Section id="runs" title="Runs" aside={all}>
      <Loaded of={found}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No run made it yet" command={`phlo materialize ${name}`} />
          ) : (
            <div className="table-box">
              <table className="table">
                <caption className="visually-hidden">Runs of {name}</caption>
                <thead>
                  <tr>
                    <th scope="col">Run</th>
                    <th scope="col">Result</th>
                    <th scope="col" className="num">
                      Added
                    </th>
                    <th scope="col" className="num hide-narrow">
                      Updated
                    </th>
                    <th scope="col" className="num hide-narrow">
                      Deleted
                    </th>
                    <th scope="col" className="num hide-mid">
                      Rows then
                    </th>
                    <th scope="col" className="num hide-narrow">
                      Took
                    </th>
                    <th scope="col" className="num">
                      When
                    </th>
                  </tr>
                </thead>
                <tbody>
                  {items.map((one) => (
                    <tr key={`${one.run_id}-${one.partition ?? ""}`}>
                      <td className="nowrap">
                        <RunLink id={one.run_id} />
                        {one.partition ? <span className="muted mono"> {one.partition}</span> : null}
                      </td>
                      <td>
                        <Status state={one.state} />
                      </td>
                      <td className="num">{count(one.rows_added)}</td>
                      <td className="num hide-narrow">{count(one.rows_updated)}</td>
                      <td className="num hide-narrow">{count(one.rows_deleted)}</td>
                      <td className="num hide-mid">{count(one.rows_total)}</td>
                      <td className="num hide-narrow muted">{duration(one.duration_ms)}</td>
                      <td className="num muted">
                        <Time at={one.at} />
                      </td>
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

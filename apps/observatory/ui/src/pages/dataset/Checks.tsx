import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { JSX } from "react";

import { type Check, datasetChecks } from "../../api/queries";
import { count, share } from "../../lib/format";
import { Empty, Section, Time } from "../../parts/basics";
import { Loaded } from "../../parts/Loaded";
import { Status, Strip } from "../../parts/Status";
import { keepRef } from "../../shell/Shell";

export function Checks({ id }: { id: string }): JSX.Element {
  const found = useQuery(datasetChecks(id));
  return (
    <Section id="checks" title="Checks" aside={<Link to="/quality" search={keepRef}>All checks</Link>}>
      <Loaded of={found}>
        {(data) =>
          data.items.length === 0 ? (
            <Empty title="Nothing is asked of this table" command={'checks=[not_null("id")]'}>
              Add checks to the asset, or write a function with @phlo.quality.
            </Empty>
          ) : (
            <CheckTable items={data.items} />
          )
        }
      </Loaded>
    </Section>
  );
}

export function CheckTable({ items, withTable = false, chosen }: { items: Check[]; withTable?: boolean; chosen?: string }): JSX.Element {
  return (
    <div className="table-box">
      <table className="table">
        <caption className="visually-hidden">Checks</caption>
        <thead>
          <tr>
            <th scope="col">Check</th>
            <th scope="col">Result</th>
            <th scope="col" className="num hide-narrow">
              Rows that fail
            </th>
            <th scope="col" className="hide-narrow">
              If it fails
            </th>
            <th scope="col" className="hide-mid">
              The last 30
            </th>
            <th scope="col" className="num hide-narrow">
              Last run
            </th>
          </tr>
        </thead>
        <tbody data-list>
          {items.map((check) => (
            <tr key={check.id} className={check.id === chosen ? "chosen" : ""}>
              <td className="check-name">
                <Link to="/quality" search={(was) => ({ ...was, check: check.id })} className="mono" data-open>
                  {check.name}
                </Link>
                {withTable ? <span className="muted mono sub">{check.table}</span> : null}
              </td>
              <td>
                <Status state={check.status} />
              </td>
              <td className="num hide-narrow">{failing(check)}</td>
              <td className="muted hide-narrow nowrap">{check.severity === "error" ? "holds back" : "tells"}</td>
              <td className="hide-mid">
                <Strip history={check.history} />
              </td>
              <td className="num hide-narrow muted">
                <Time at={check.last?.at} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function failing({ last }: Check): JSX.Element | string {
  if (!last || last.failed == null) return "–";
  if (last.failed === 0) return "0";
  return (
    <span className="nowrap" title={last.checked ? `Of ${count(last.checked)} rows` : undefined}>
      {count(last.failed)}
      {last.checked ? <span className="muted"> ({share(last.failed, last.checked)})</span> : null}
    </span>
  );
}

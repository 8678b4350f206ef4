import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { JSX } from "react";

import { type Service, services } from "../api/queries";
import { bytes } from "../lib/format";
import { look } from "../lib/status";
import { Command, Empty, Fixes, Page, Time } from "../parts/basics";
import { Loaded } from "../parts/Loaded";
import { Status } from "../parts/Status";
import { useTitle } from "../router";
import { keepRef } from "../shell/Shell";
import { Endpoints } from "./services/Endpoints";
import { Restart } from "./services/Restart";

export default function Services(): JSX.Element {
  useTitle("Services");
  const found = useQuery({ ...services(), refetchInterval: 5000 });
  const items = found.data?.items ?? [];
  return (
    <Page
      wide
      title="Services"
      lead={items.length ? tally(items) : "The programs of this project"}
      action={items.some((one) => one.state === "stopped") ? <Command text="phlo services start" /> : null}
    >
      <Loaded of={found} rows={5} tall>
        {(data) =>
          data.items.length ? (
            <Table items={data.items} />
          ) : (
            <Empty title="No service is known" command="phlo services start">
              It starts what phlo.yaml asks for, on this machine.
            </Empty>
          )
        }
      </Loaded>
    </Page>
  );
}

/** How many are in each state: "2 healthy, 1 stopped". */
function tally(items: Service[]): string {
  const states = new Map<string, number>();
  for (const { state } of items) states.set(state, (states.get(state) ?? 0) + 1);
  return [...states].map(([state, n]) => `${n} ${look(state).word.toLowerCase()}`).join(", ");
}

function Table({ items }: { items: Service[] }): JSX.Element {
  return (
    <div className="table-box">
      <table className="table">
        <caption className="visually-hidden">Services</caption>
        <thead>
          <tr>
            <th scope="col">Service</th>
            <th scope="col">State</th>
            <th scope="col">Address</th>
            <th scope="col" className="hide-mid">
              Runs as
            </th>
            <th scope="col" className="num hide-mid">
              Memory
            </th>
            <th scope="col" className="num hide-mid">
              Restarts
            </th>
            <th scope="col" className="num hide-narrow">
              Started
            </th>
            <th scope="col">
              <span className="visually-hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody data-list>
          {items.map((one) => (
            <tr key={one.name} className="two-lines">
              <td className="service-name">
                <Link to="/services/$name" params={{ name: one.name }} search={keepRef} className="strong" data-open>
                  {one.name}
                </Link>
                <span className="muted sub">{one.description}</span>
              </td>
              <td>
                <Status state={one.state} />
                {one.cause ? <span className="muted sub cause">{one.cause}</span> : null}
                <Fixes fixes={one.fix} />
              </td>
              <td>
                <Endpoints one={one} />
              </td>
              <td className="hide-mid muted nowrap">
                {one.runtime}
                {one.pid ? <span className="mono sub">pid {one.pid}</span> : null}
              </td>
              <td className="num hide-mid">{bytes(one.memory_bytes)}</td>
              <td className="num hide-mid">{one.restarts}</td>
              <td className="num hide-narrow muted">
                <Time at={one.started_at} />
              </td>
              <td className="num">
                <Restart one={one} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

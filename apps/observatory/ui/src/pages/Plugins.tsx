import { useQuery } from "@tanstack/react-query";
import type { JSX } from "react";

import { capabilities } from "../api/queries";
import { Command, Fixes, Page, Section } from "../parts/basics";
import { Loaded } from "../parts/Loaded";
import { Status } from "../parts/Status";
import { useTitle } from "../router";

export default function Plugins(): JSX.Element {
  useTitle("Plugins");
  const found = useQuery(capabilities());
  return (
    <Page title="Plugins" lead="What this lakehouse can do, which package does it, and how to get what is missing">
      <Loaded of={found} rows={8} tall>
        {({ items }) => (
          <div className="table-box">
            <table className="table">
              <caption className="visually-hidden">Capabilities</caption>
              <thead>
                <tr>
                  <th scope="col">Capability</th>
                  <th scope="col">State</th>
                  <th scope="col" className="hide-narrow">
                    Given by
                  </th>
                  <th scope="col">What it does</th>
                </tr>
              </thead>
              <tbody>
                {items.map((one) => (
                  <tr key={one.name}>
                    <td className="strong">{one.name}</td>
                    <td>
                      <Status state={one.available ? "ok" : "never"} word={one.available ? "Available" : "Missing"} />
                    </td>
                    <td className="mono hide-narrow">{one.provider ?? "–"}</td>
                    <td>
                      {one.summary}
                      <Fixes fixes={one.fix} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
        )}
      </Loaded>
      <Section title="More of them">
        <div className="fix-list">
          <p className="muted">Packages are installed beside phlo, into its environment. This lists the services that the installed ones give:</p>
          <Command text="phlo services list" />
        </div>
      </Section>
    </Page>
  );
}

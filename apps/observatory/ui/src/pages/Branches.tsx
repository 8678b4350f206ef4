import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { JSX } from "react";

import { type Refs, refs } from "../api/queries";
import { plural } from "../lib/format";
import { useRefName } from "../lib/ref";
import { Copy, Empty, Page, Section, Tag, Time } from "../parts/basics";
import { RunLink } from "../parts/links";
import { Loaded } from "../parts/Loaded";
import { useTitle } from "../router";

type Ref = Refs["items"][number];

export default function Branches(): JSX.Element {
  useTitle("Branches");
  const found = useQuery(refs());
  return (
    <Page title="Branches" lead="A branch is all tables as they are at once; what is written on one is not seen on the others">
      <Loaded of={found} rows={4} tall>
        {({ items }) => {
          const runs = items.filter((one) => one.is_run);
          return (
            <>
              <List items={items.filter((one) => !one.is_run)} title="Branches" />
              {runs.length ? <List items={runs} title="Of runs" /> : null}
            </>
          );
        }}
      </Loaded>
      <Section title="Where branches come from">
        <div className="prose muted">
          <p>
            Each step of a run works on a branch of its own, <code>run/RUN/ASSET</code>, made from <code>main</code>. The table is written and
            checked there. If its checks pass it is published to <code>main</code> in one step; if not, it is held back, and <code>main</code> stays
            as it was. The branch is dropped either way.
          </p>
          <p>So branches of runs are seen here only while a run is under way, or after one was killed: the next run takes those away.</p>
        </div>
      </Section>
    </Page>
  );
}

function List({ items, title }: { items: Ref[]; title: string }): JSX.Element {
  const now = useRefName() ?? "main";
  if (!items.length) return <Empty title="There is no branch">{title}</Empty>;
  return (
    <Section title={title}>
      <div className="table-box">
        <table className="table">
          <caption className="visually-hidden">{title}</caption>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col" className="num">
                Tables
              </th>
              <th scope="col">Differs from its source in</th>
              <th scope="col" className="hide-narrow">
                Made from
              </th>
              <th scope="col" className="num hide-narrow">
                Made
              </th>
              <th scope="col">
                <span className="visually-hidden">Look at it</span>
              </th>
            </tr>
          </thead>
          <tbody data-list>
            {items.map((one) => (
              <tr key={one.name}>
                <td className="nowrap">
                  <span className="mono strong">{one.name}</span>
                  <Copy text={one.name} label={`the name ${one.name}`} />
                  {one.is_default ? <Tag>default</Tag> : null}
                </td>
                <td className="num">{one.tables}</td>
                <td title={one.changed.join("\n")}>
                  {one.changed.length ? plural(one.changed.length, "table") : <span className="muted">{one.is_default ? "–" : "nothing"}</span>}
                </td>
                <td className="mono muted hide-narrow">{one.source ?? "–"}</td>
                <td className="num muted hide-narrow">
                  <Time at={one.created_at} />
                </td>
                <td className="num nowrap">
                  {one.is_run ? (
                    <RunLink id={one.name.split("/")[1] ?? ""}>See the run</RunLink>
                  ) : one.name === now ? (
                    <span className="muted">shown now</span>
                  ) : (
                    <Link to="/catalog" search={{ ref: one.is_default ? undefined : one.name }} data-open>
                      Look at it
                    </Link>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

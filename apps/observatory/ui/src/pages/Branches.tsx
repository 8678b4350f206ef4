import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { JSX } from "react";

import { type Ref, refs } from "../api/queries";
import { plural } from "../lib/format";
import { useRefName } from "../lib/ref";
import { Copy, Empty, Page, Section, Tag, Time } from "../parts/basics";
import { Icon } from "../parts/Icon";
import { RunLink } from "../parts/links";
import { Loaded } from "../parts/Loaded";
import { useTitle } from "../router";
import { NewRef } from "./branches/NewRef";
import { RefPanel } from "./branches/RefPanel";

const route = getRouteApi("/shell/branches");

export default function Branches(): JSX.Element {
  useTitle("Branches");
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/branches" });
  const found = useQuery(refs());
  const set = (change: object) => void navigate({ search: (was) => ({ ...was, ...change }), replace: true });
  const at = found.data?.items.find((one) => one.name === search.at);
  return (
    <div className="split whole">
      <div className="split-main">
        <Page
          wide
          title="Branches"
          lead="All tables as they are at once; what is written on a branch is not seen on the others until it is published"
          action={
            <div className="line">
              <button type="button" className="button" onClick={() => set({ make: "tag" })}>
                New tag
              </button>
              <button type="button" className="button primary" onClick={() => set({ make: "branch" })}>
                <Icon name="branches" size={14} />
                New branch
              </button>
            </div>
          }
        >
          <Loaded of={found} rows={4} tall>
            {({ items }) => <Lists items={items} chosen={search.at} />}
          </Loaded>
          {search.make ? (
            <NewRef
              kind={search.make}
              sources={(found.data?.items ?? []).filter((one) => !one.is_run).map((one) => one.name)}
              source={sourceOf(at)}
              onClose={(made) => set({ make: undefined, ...(made ? { at: made } : {}) })}
            />
          ) : null}
        </Page>
      </div>
      {at ? <RefPanel key={at.name} one={at} onClose={() => set({ at: undefined })} /> : null}
    </div>
  );
}

/** A new one begins with what one looks at. */
function sourceOf(at: Ref | undefined): string {
  return at && !at.is_run ? at.name : "main";
}

function Lists({ items, chosen }: { items: Ref[]; chosen: string | undefined }): JSX.Element {
  const own = items.filter((one) => !one.is_run);
  const runs = items.filter((one) => one.is_run);
  const tags = own.filter((one) => one.kind === "tag");
  return (
    <>
      <List items={own.filter((one) => one.kind === "branch")} title="Branches" chosen={chosen} />
      {tags.length ? (
        <List items={tags} title="Tags" chosen={chosen} />
      ) : (
        <Section title="Tags">
          <Empty title="There is no tag yet" command="phlo branch tag NAME">
            A tag keeps all tables as they are now, whatever is published later.
          </Empty>
        </Section>
      )}
      {runs.length ? (
        <details className="folded">
          <summary>{plural(runs.length, "branch", "branches")} of runs</summary>
          <p className="muted gap-below">
            Each step of a run writes and checks its table on a branch of its own. If its checks pass it is published to <code>main</code> in one
            step; if not, it is held back. The branch is dropped either way.
          </p>
          <List items={runs} title="Of runs" chosen={chosen} />
        </details>
      ) : null}
    </>
  );
}

function List({ items, title, chosen }: { items: Ref[]; title: string; chosen: string | undefined }): JSX.Element {
  return (
    <Section title={title}>
      <div className="table-box">
        <table className="table">
          <caption className="visually-hidden">{title}</caption>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col" className="num hide-narrow">
                Tables
              </th>
              <th scope="col">Not published</th>
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
              <Row key={one.name} one={one} isChosen={one.name === chosen} />
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

function Row({ one, isChosen }: { one: Ref; isChosen: boolean }): JSX.Element {
  const now = useRefName() ?? "main";
  return (
    <tr className={isChosen ? "chosen" : undefined}>
      <td>
        <Link to="/branches" search={(was) => ({ ...was, at: one.name })} className="mono strong wrap-anywhere" aria-current={isChosen || undefined} data-open>
          {one.name}
        </Link>
        <Copy text={one.name} label={`the name ${one.name}`} />
        {one.is_default ? <Tag>default</Tag> : null}
      </td>
      <td className="num hide-narrow">{one.tables}</td>
      <td title={one.changed.join("\n")}>
        {one.changed.length ? plural(one.changed.length, "table") : <span className="muted">{one.is_default || one.kind === "tag" ? "–" : "nothing"}</span>}
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
          <Link to="/catalog" search={{ ref: one.is_default ? undefined : one.name }}>
            Look at it
          </Link>
        )}
      </td>
    </tr>
  );
}

import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { type JSX, useEffect } from "react";

import { dataset, type DatasetDetail } from "../api/queries";
import { useRefName } from "../lib/ref";
import { Copy, Page, Skeleton, Stale, Tag, Time } from "../parts/basics";
import { Fault, Trouble } from "../parts/Fault";
import { Icon } from "../parts/Icon";
import { Status } from "../parts/Status";
import { useTitle } from "../router";
import { keepRef } from "../shell/Shell";
import { Checks } from "./dataset/Checks";
import { Columns } from "./dataset/Columns";
import { Figures } from "./dataset/Figures";
import { Lineage } from "./dataset/Lineage";
import { Made } from "./dataset/Made";
import { Preview } from "./dataset/Preview";
import { Runs } from "./dataset/Runs";
import { Snapshots } from "./dataset/Snapshots";

const route = getRouteApi("/shell/catalog/$id");

export default function Dataset(): JSX.Element {
  const { id } = route.useParams();
  const ref = useRefName();
  const found = useQuery(dataset(id, ref));
  useTitle(found.data?.name ?? "Dataset");
  useAnchor(found.isSuccess);
  if (!found.data) {
    return (
      <Page title={found.error ? "Dataset" : "…"}>
        {found.error ? <Trouble error={found.error} again={() => void found.refetch()} /> : <Skeleton rows={8} tall />}
      </Page>
    );
  }
  const one = found.data;
  return (
    <Page title={<Name one={one} />} lead={<Lead one={one} />} action={<Actions one={one} />}>
      <Stale of={one} />
      {one.error ? (
        <div className="gap-below">
          <Fault fault={one.error} />
        </div>
      ) : null}
      <Figures one={one} />
      <Contents isMade={one.kind !== "table"} />
      <Columns id={id} one={one} />
      <Preview one={one} />
      <Checks id={id} />
      <Runs id={id} name={one.name} />
      <Snapshots id={id} />
      <Lineage id={id} />
      {one.kind === "table" ? null : <Made id={id} />}
    </Page>
  );
}

function Name({ one }: { one: DatasetDetail }): JSX.Element {
  return (
    <span className="dataset-name">
      <span className="muted">{one.namespace}.</span>
      {one.name.slice(one.namespace.length + 1)}
      <Copy text={one.name} label="the name" />
    </span>
  );
}

function Lead({ one }: { one: DatasetDetail }): JSX.Element {
  return (
    <>
      <div className="dataset-line">
        <Status state={one.status.overall} />
        <span className="glyph-link">
          <Icon name="branches" size={14} />
          <span className="mono">{one.ref}</span>
        </span>
        <span>
          {one.last_updated ? (
            <>
              Changed <Time at={one.last_updated} />
            </>
          ) : (
            "Not made yet"
          )}
          {one.freshness_warn ?? one.freshness_error ? `, late after ${one.freshness_warn ?? one.freshness_error}` : ""}
        </span>
        <span>{one.owner ? `Owned by ${one.owner}` : "No owner"}</span>
        <span>{KINDS[one.kind] ?? one.kind}</span>
        {one.schedule ? <span className="mono">{one.schedule}</span> : null}
        {one.tags.map((tag) => (
          <Link key={tag} to="/catalog" search={(was) => ({ ...keepRef(was), f: [`tag:${tag}`] })}>
            <Tag>{tag}</Tag>
          </Link>
        ))}
      </div>
      {one.description ? <p className="dataset-text">{one.description}</p> : null}
      {one.status.reason && !one.error && one.status.overall !== "ok" ? <p className="dataset-text">{one.status.reason}</p> : null}
    </>
  );
}

const KINDS: Record<string, string> = {
  ingestion: "Ingestion",
  sql: "SQL asset",
  python: "Python asset",
  table: "Made outside of phlo",
};

function Actions({ one }: { one: DatasetDetail }): JSX.Element {
  return (
    <>
      {one.row_count ? (
        <Link to="/sql" search={(was) => ({ ...keepRef(was), sql: `select * from ${one.name} limit 100` })} className="button">
          <Icon name="sql" size={14} />
          Query
        </Link>
      ) : null}
      {one.kind === "table" ? null : (
        <Link to="/runs" search={(was) => ({ ...keepRef(was), launch: one.name })} className="button primary">
          <Icon name="play" size={14} />
          Materialize
        </Link>
      )}
    </>
  );
}

const PARTS = ["Columns", "Preview", "Checks", "Runs", "Snapshots", "Lineage", "Code"];

function Contents({ isMade }: { isMade: boolean }): JSX.Element {
  return (
    <nav className="contents" aria-label="On this page">
      {PARTS.filter((part) => isMade || part !== "Code").map((part) => (
        <a key={part} href={`#${part.toLowerCase()}`} onClick={goTo}>
          {part}
        </a>
      ))}
    </nav>
  );
}

function goTo(event: React.MouseEvent<HTMLAnchorElement>): void {
  event.preventDefault();
  const { hash } = event.currentTarget;
  history.replaceState(history.state, "", `${location.pathname}${location.search}${hash}`);
  document.querySelector(hash)?.scrollIntoView({ block: "start" });
}

/** The part that the address names may come after the page does. */
function useAnchor(isHere: boolean): void {
  useEffect(() => {
    if (isHere && location.hash.length > 1) document.getElementById(location.hash.slice(1))?.scrollIntoView();
  }, [isHere]);
}


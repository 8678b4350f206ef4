import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { JSX } from "react";

import { service } from "../api/queries";
import { bytes } from "../lib/format";
import { Command, Empty, Fixes, Page, Section, Skeleton, Stale, Tag, Time } from "../parts/basics";
import { Trouble } from "../parts/Fault";
import { Status } from "../parts/Status";
import { useTitle } from "../router";
import { keepRef } from "../shell/Shell";
import { Endpoints } from "./services/Endpoints";
import { LogView } from "./services/LogView";
import { Restart } from "./services/Restart";

const route = getRouteApi("/shell/services/$name");
type Detail = NonNullable<ReturnType<typeof useService>["data"]>;

const useService = (name: string) => useQuery({ ...service(name), refetchInterval: 5000 });

export default function Service(): JSX.Element {
  const { name } = route.useParams();
  const found = useService(name);
  useTitle(name);
  if (!found.data) {
    return <Page title={name}>{found.error ? <Trouble error={found.error} again={() => void found.refetch()} /> : <Skeleton rows={8} tall />}</Page>;
  }
  const one = found.data;
  return (
    <Page wide title={one.name} lead={one.description} action={<Restart one={one} />}>
      <Stale of={one} />
      {one.cause ? (
        <div className="trouble gap-below">
          <p className="trouble-title">{one.cause}</p>
          <Fixes fixes={one.fix} />
        </div>
      ) : null}
      <Facts one={one} />
      <Section title="Log" aside={<Command text={`phlo services logs ${one.name}`} />}>
        {one.has_logs ? <LogView name={one.name} /> : <Empty title="It has no log of its own">{whyNoLog(one)}</Empty>}
      </Section>
    </Page>
  );
}

function whyNoLog(one: Detail): string {
  return one.state === "external" ? "It runs elsewhere, and its log is there." : "It works inside other processes, and writes where they do.";
}

function Facts({ one }: { one: Detail }): JSX.Element {
  return (
    <dl className="facts wide">
      <dt>State</dt>
      <dd>
        <Status state={one.state} />
      </dd>
      <dt>Address</dt>
      <dd>
        <Endpoints one={one} />
      </dd>
      <dt>Runs as</dt>
      <dd>
        {one.runtime}
        {one.pid ? <span className="muted">, pid {one.pid}</span> : null}
        {one.version ? <span className="muted">, version {one.version}</span> : null}
      </dd>
      <dt>Started</dt>
      <dd>
        <Time at={one.started_at} />
        {one.restarts ? <span className="muted">, restarted {one.restarts} times</span> : null}
      </dd>
      <dt>Memory</dt>
      <dd>{bytes(one.memory_bytes)}</dd>
      <dt>Provides</dt>
      <dd>{one.provides.length ? <Tags of={one.provides} /> : "–"}</dd>
      <dt>Needs</dt>
      <dd className="line">
        {one.depends_on.length
          ? one.depends_on.map((needed) => (
              <Link key={needed} to="/services/$name" params={{ name: needed }} search={keepRef}>
                {needed}
              </Link>
            ))
          : "nothing"}
      </dd>
    </dl>
  );
}

function Tags({ of }: { of: string[] }): JSX.Element {
  return (
    <span className="line">
      {of.map((one) => (
        <Tag key={one}>{one}</Tag>
      ))}
    </span>
  );
}

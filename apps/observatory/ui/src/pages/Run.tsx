import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import type { JSX } from "react";

import { cancelRun } from "../api/actions";
import { run, type RunDetail, runEvents } from "../api/queries";
import { duration, plural } from "../lib/format";
import { look } from "../lib/status";
import { Copy, Page, Section, Skeleton, Time } from "../parts/basics";
import { Confirm } from "../parts/Confirm";
import { Fault, Trouble } from "../parts/Fault";
import { Icon } from "../parts/Icon";
import { DatasetLink } from "../parts/links";
import { Status } from "../parts/Status";
import { useTitle } from "../router";
import { keepRef } from "../shell/Shell";
import { Events } from "./runs/Events";
import { Outcomes } from "./runs/Outcomes";
import { Steps } from "./runs/Steps";

const route = getRouteApi("/shell/runs/$id");
/** Events tell of changes; this is for when the stream is lost. */
const often = (isActive: boolean | undefined) => (isActive ? 2000 : false);
/** Its orchestrator tells where its page is when it can: no page waits for that. */
const lacksLink = (one: RunDetail | undefined) => one && one.orchestrator !== "runner" && !one.url;

export default function Run(): JSX.Element {
  const { id } = route.useParams();
  const found = useQuery({ ...run(id), refetchInterval: (query) => often(query.state.data?.is_active) || (lacksLink(query.state.data) ? 5000 : false) });
  const isActive = found.data?.is_active;
  const events = useQuery({ ...runEvents(id), refetchInterval: often(isActive) });
  useTitle(found.data ? `${look(found.data.state).word} run ${id}` : "Run");
  if (!found.data) {
    return (
      <Page title="Run">
        {found.error ? <Trouble error={found.error} again={() => void found.refetch()} /> : <Skeleton rows={8} tall />}
      </Page>
    );
  }
  const one = found.data;
  return (
    <Page wide title={<Title one={one} />} lead={<Lead one={one} />} action={<Actions one={one} />}>
      <Errors one={one} />
      <Steps one={one} />
      <Outcomes events={events.data?.items} run={one} />
      <Events found={events} isActive={one.is_active} />
    </Page>
  );
}

function Title({ one }: { one: RunDetail }): JSX.Element {
  return (
    <>
      {one.selection === "*" ? "Everything" : <span className="mono run-title">{one.selection}</span>}
      {one.partition ? <span className="muted mono run-title"> {one.partition}</span> : null}
    </>
  );
}

function Lead({ one }: { one: RunDetail }): JSX.Element {
  return (
    <div className="dataset-line">
      <Status state={one.state} />
      <span>{plural(one.steps.length || one.assets.length, "step")}</span>
      <span>{duration(one.duration_ms)}</span>
      <span>
        Asked for <Time at={one.queued_at} /> by {one.trigger === "api" ? "Observatory" : one.trigger}
      </span>
      <span>
        Made by <span className="mono">{one.orchestrator}</span>
        {one.url ? (
          <>
            {" "}
            <a href={one.url} target="_blank" rel="noreferrer">
              Open in {one.orchestrator}
            </a>
          </>
        ) : null}
      </span>
      <span className="glyph-link">
        <Icon name="branches" size={14} />
        <span className="mono">{one.ref}</span>
      </span>
      <span className="glyph-link">
        <span className="mono">{one.id}</span>
        <Copy text={one.id} label="the run" />
      </span>
    </div>
  );
}

function Actions({ one }: { one: RunDetail }): JSX.Element {
  const client = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => cancelRun(one.id),
    onSettled: () => client.invalidateQueries({ queryKey: ["run"] }),
  });
  if (one.is_active) {
    return (
      <Confirm ask="Cancel the run" disabled={cancel.isPending || one.state === "cancelling"} onConfirm={() => cancel.mutate()}>
        <Icon name="stop" size={14} />
        {one.state === "cancelling" || cancel.isPending ? "Cancelling" : "Cancel"}
      </Confirm>
    );
  }
  const failed = one.steps.filter((step) => ["failed", "held_back", "skipped", "cancelled"].includes(step.state));
  const what = failed.length ? [...new Set(failed.map((step) => step.asset))].join(",") : one.selection;
  return (
    <Link to="/runs" search={(was) => ({ ...keepRef(was), launch: what })} className="button primary">
      <Icon name="restart" size={14} />
      {failed.length ? "Run what failed" : "Run again"}
    </Link>
  );
}

/** Errors come first: one for each step that has one, and that of the run itself. */
function Errors({ one }: { one: RunDetail }): JSX.Element | null {
  const bad = one.steps.filter((step) => step.error);
  if (!bad.length && !one.error) return null;
  return (
    <Section title={plural(bad.length + (one.error ? 1 : 0), "error")}>
      <div className="stack">
        {one.error ? <Fault fault={one.error} /> : null}
        {bad.map((step) => (
          <div key={`${step.asset}-${step.partition ?? ""}`} className="stack tight">
            <p>
              <DatasetLink id={step.dataset_id} name={step.asset} />
              {step.partition ? <span className="muted mono"> {step.partition}</span> : null}
            </p>
            <Fault fault={step.error!} />
          </div>
        ))}
      </div>
    </Section>
  );
}

import { useInfiniteQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { JSX } from "react";

import { api, got } from "../api/client";
import type { Run } from "../api/queries";
import { absolute, duration, plural } from "../lib/format";
import { look } from "../lib/status";
import { Empty, Page, Skeleton, Time } from "../parts/basics";
import { Choose } from "../parts/Choose";
import { Trouble } from "../parts/Fault";
import { Icon } from "../parts/Icon";
import { RunLink } from "../parts/links";
import { Status } from "../parts/Status";
import { useTitle } from "../router";
import { Launch } from "./runs/Launch";

const route = getRouteApi("/shell/runs");
const STATES = ["", "active", "succeeded", "failed", "cancelled"];

export default function Runs(): JSX.Element {
  useTitle("Runs");
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/runs" });
  const found = useRuns(search.state, search.asset);
  const set = (change: object) => void navigate({ search: (was) => ({ ...was, ...change }), replace: true });
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page
      wide
      title="Runs"
      lead="Each run makes assets on a branch of its own, checks them, and publishes what passes"
      action={
        <Link to="/runs" search={(was) => ({ ...was, launch: "*" })} className="button primary">
          <Icon name="play" size={14} />
          Materialize
        </Link>
      }
    >
      <div className="tools">
        <Choose
          label="State"
          value={search.state ?? ""}
          choices={STATES.map((value) => ({ value, word: value === "" ? "All" : value === "active" ? "Under way" : look(value).word }))}
          onChoose={(state) => set({ state: state || undefined })}
        />
        {search.asset ? (
          <button type="button" className="button" onClick={() => set({ asset: undefined })}>
            <span className="mono">{search.asset}</span>
            <Icon name="close" size={12} />
            <span className="visually-hidden">show the runs of all assets</span>
          </button>
        ) : null}
      </div>
      {found.error && !found.data ? <Trouble error={found.error} again={() => void found.refetch()} /> : null}
      {found.isPending ? <Skeleton rows={8} tall /> : null}
      {found.data && items.length === 0 ? <Nothing isFiltered={Boolean(search.state || search.asset)} /> : null}
      {items.length ? <Table items={items} /> : null}
      {found.hasNextPage ? (
        <p className="note">
          <button type="button" className="button" disabled={found.isFetchingNextPage} onClick={() => void found.fetchNextPage()}>
            {found.isFetchingNextPage ? "Loading" : "Show earlier runs"}
          </button>
        </p>
      ) : null}
      {search.launch ? <Launch key={search.launch} selection={search.launch} onClose={() => set({ launch: undefined })} /> : null}
    </Page>
  );
}

function useRuns(state: string | undefined, asset: string | undefined) {
  return useInfiniteQuery({
    queryKey: ["runs", "pages", state, asset],
    queryFn: ({ pageParam }) =>
      got(api.GET("/api/v1/runs", { params: { query: { state, asset, cursor: pageParam, limit: 50 } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor ?? undefined,
    refetchInterval: (query) => (query.state.data?.pages.some((page) => page.items.some((run) => run.is_active)) ? 2000 : false),
  });
}

function Nothing({ isFiltered }: { isFiltered: boolean }): JSX.Element {
  return isFiltered ? (
    <Empty title="No run is like that">Choose another state, or the runs of all assets.</Empty>
  ) : (
    <Empty title="Nothing ran yet" command="phlo materialize">
      Each time assets are made, the run is kept here with its steps.
    </Empty>
  );
}

function Table({ items }: { items: Run[] }): JSX.Element {
  return (
    <div className="table-box">
      <table className="table">
        <caption className="visually-hidden">Runs, the newest first</caption>
        <thead>
          <tr>
            <th scope="col">Result</th>
            <th scope="col">Selection</th>
            <th scope="col" className="hide-narrow">
              Assets
            </th>
            <th scope="col" className="hide-mid">
              Started by
            </th>
            <th scope="col" className="num hide-narrow">
              Took
            </th>
            <th scope="col" className="num">
              When
            </th>
            <th scope="col" className="hide-narrow">
              Run
            </th>
          </tr>
        </thead>
        <tbody data-list>
          {items.map((run) => (
            <tr key={run.id}>
              <td>
                <Status state={run.state} />
              </td>
              <td className="selection">
                <RunLink id={run.id} open>
                  <span className="mono">{run.selection === "*" ? "everything" : run.selection}</span>
                </RunLink>
                {run.partition ? <span className="muted mono"> {run.partition}</span> : null}
              </td>
              <td className="hide-narrow muted nowrap" title={run.assets.join("\n")}>
                {run.assets.length === 1 ? <span className="mono">{run.assets[0]}</span> : plural(run.assets.length, "asset")}
              </td>
              <td className="hide-mid muted">{run.trigger === "api" ? "Observatory" : run.trigger}</td>
              <td className="num hide-narrow">{duration(run.duration_ms)}</td>
              <td className="num muted">
                <Time at={run.queued_at} />
              </td>
              <td className="hide-narrow mono muted nowrap" title={absolute(run.queued_at)}>
                {run.id}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

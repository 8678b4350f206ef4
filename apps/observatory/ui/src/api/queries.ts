import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { api, got, type Schemas } from "./client";

export type Dataset = Schemas["Dataset"];
export type DatasetDetail = Schemas["DatasetDetail"];
export type Column = Schemas["Column"];
export type Check = Schemas["Check"];
export type Run = Schemas["Run"];
export type RunDetail = Schemas["RunDetail"];
export type Step = Schemas["Step"];
export type Event = Schemas["Event"];
export type Snapshot = Schemas["Snapshot"];
export type Service = Schemas["Service"];
/** Edges are pairs of positions; the client's types know pairs as lists only. */
export type Graph = Omit<Schemas["Graph"], "edges"> & { edges: number[][] };
export type Home = Schemas["Home"];
export type Query = Schemas["Query"];
export type Refs = Schemas["Page_Ref_"];
export type Ref = Schemas["Ref"];
export type Diff = Schemas["Diff"];
export type Materialization = Schemas["Materialization"];

const path = <T extends string>(key: T, value: string) => ({ [key]: value }) as Record<T, string>;

export const meta = () =>
  queryOptions({ queryKey: ["meta"], queryFn: () => got(api.GET("/api/v1/meta")), staleTime: 60_000 });

export const me = () =>
  queryOptions({ queryKey: ["me"], queryFn: () => got(api.GET("/api/v1/auth/me")), staleTime: 60_000 });

export const home = () =>
  queryOptions({ queryKey: ["home"], queryFn: () => got(api.GET("/api/v1/home")) });

export const capabilities = () =>
  queryOptions({
    queryKey: ["capabilities"],
    queryFn: () => got(api.GET("/api/v1/capabilities")),
    staleTime: 30_000,
  });

export const refs = () =>
  queryOptions({ queryKey: ["refs"], queryFn: () => got(api.GET("/api/v1/refs")) });

export const refDiff = (name: string) =>
  queryOptions({
    queryKey: ["refs", "diff", name],
    queryFn: () => got(api.GET("/api/v1/refs/diff", { params: { query: { name } } })),
  });

export const refLog = (name: string) =>
  queryOptions({
    queryKey: ["refs", "log", name],
    queryFn: () => got(api.GET("/api/v1/refs/log", { params: { query: { name, limit: 30 } } })),
  });

export const engines = () =>
  queryOptions({ queryKey: ["engines"], queryFn: () => got(api.GET("/api/v1/queries/engines")), staleTime: 30_000 });

export type DatasetsAsked = { q?: string; filter?: string[]; sort?: string; ref?: string };

export const datasets = (asked: DatasetsAsked) =>
  queryOptions({
    queryKey: ["datasets", asked],
    queryFn: () => got(api.GET("/api/v1/datasets", { params: { query: { ...asked, limit: 1000 } } })),
    placeholderData: keepPreviousData,
  });

export const dataset = (id: string, ref?: string) =>
  queryOptions({
    queryKey: ["dataset", id, "one", ref],
    queryFn: () =>
      got(
        api.GET("/api/v1/datasets/{dataset_id}", {
          params: { path: path("dataset_id", id), query: { ref } },
        }),
      ),
  });

export const columns = (id: string, ref?: string) =>
  queryOptions({
    queryKey: ["dataset", id, "columns", ref],
    queryFn: () =>
      got(
        api.GET("/api/v1/datasets/{dataset_id}/columns", {
          params: { path: path("dataset_id", id), query: { ref } },
        }),
      ),
  });

export const snapshots = (id: string, ref?: string) =>
  queryOptions({
    queryKey: ["dataset", id, "snapshots", ref],
    queryFn: () =>
      got(
        api.GET("/api/v1/datasets/{dataset_id}/snapshots", {
          params: { path: path("dataset_id", id), query: { ref } },
        }),
      ),
  });

export const datasetChecks = (id: string) =>
  queryOptions({
    queryKey: ["dataset", id, "checks"],
    queryFn: () =>
      got(
        api.GET("/api/v1/datasets/{dataset_id}/checks", { params: { path: path("dataset_id", id) } }),
      ),
  });

export const datasetRuns = (id: string) =>
  queryOptions({
    queryKey: ["dataset", id, "runs"],
    queryFn: () =>
      got(api.GET("/api/v1/datasets/{dataset_id}/runs", { params: { path: path("dataset_id", id) } })),
  });

export const datasetLineage = (id: string, ref?: string) =>
  queryOptions({
    queryKey: ["dataset", id, "lineage", ref],
    queryFn: () =>
      got(
        api.GET("/api/v1/datasets/{dataset_id}/lineage", {
          params: { path: path("dataset_id", id), query: { ref } },
        }),
      ),
  });

export const code = (id: string) =>
  queryOptions({
    queryKey: ["dataset", id, "code"],
    queryFn: () =>
      got(api.GET("/api/v1/datasets/{dataset_id}/code", { params: { path: path("dataset_id", id) } })),
  });

export type GraphAsked = { root?: string; up?: number; down?: number; ref?: string };

export const graph = (asked: GraphAsked) =>
  queryOptions({
    queryKey: ["lineage", asked],
    queryFn: () => got(api.GET("/api/v1/lineage/graph", { params: { query: asked } })),
    placeholderData: keepPreviousData,
  });

export const runs = (asked: { state?: string; asset?: string; cursor?: string }) =>
  queryOptions({
    queryKey: ["runs", asked],
    queryFn: () => got(api.GET("/api/v1/runs", { params: { query: { ...asked, limit: 50 } } })),
    placeholderData: keepPreviousData,
  });

export const run = (id: string) =>
  queryOptions({
    queryKey: ["run", id, "one"],
    queryFn: () => got(api.GET("/api/v1/runs/{run_id}", { params: { path: path("run_id", id) } })),
  });

export const runEvents = (id: string) =>
  queryOptions({
    queryKey: ["run", id, "events"],
    queryFn: async () => {
      const items: Event[] = [];
      let after = 0;
      // A run of many steps has many events; a page holds a thousand.
      for (let page = 0; page < 20; page++) {
        const found = await got(
          api.GET("/api/v1/runs/{run_id}/events", {
            params: { path: path("run_id", id), query: { after, limit: 1000 } },
          }),
        );
        items.push(...found.items);
        after = found.next_after;
        if (!found.truncated) return { items, truncated: false };
      }
      return { items, truncated: true };
    },
  });

export const checks = (asked: { q?: string; status?: string }) =>
  queryOptions({
    queryKey: ["checks", "list", asked],
    queryFn: () => got(api.GET("/api/v1/checks", { params: { query: { ...asked, limit: 1000 } } })),
    placeholderData: keepPreviousData,
  });

export const check = (id: string) =>
  queryOptions({
    queryKey: ["checks", "one", id],
    queryFn: () => got(api.GET("/api/v1/checks/{check_id}", { params: { path: path("check_id", id) } })),
  });

export const executions = (id: string) =>
  queryOptions({
    queryKey: ["checks", "executions", id],
    queryFn: () =>
      got(api.GET("/api/v1/checks/{check_id}/executions", { params: { path: path("check_id", id) } })),
  });

export const failingRows = (id: string) =>
  queryOptions({
    queryKey: ["checks", "rows", id],
    queryFn: () =>
      got(
        api.GET("/api/v1/checks/{check_id}/failing-rows", { params: { path: path("check_id", id) } }),
      ),
  });

export const services = () =>
  queryOptions({ queryKey: ["services", "list"], queryFn: () => got(api.GET("/api/v1/services")) });

export const service = (name: string) =>
  queryOptions({
    queryKey: ["services", "one", name],
    queryFn: () => got(api.GET("/api/v1/services/{name}", { params: { path: path("name", name) } })),
  });

export const queries = () =>
  queryOptions({ queryKey: ["queries"], queryFn: () => got(api.GET("/api/v1/queries")), staleTime: 5_000 });

export const search = (q: string) =>
  queryOptions({
    queryKey: ["search", q],
    queryFn: () => got(api.GET("/api/v1/search", { params: { query: { q, limit: 30 } } })),
    placeholderData: keepPreviousData,
  });

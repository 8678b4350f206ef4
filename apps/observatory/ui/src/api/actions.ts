import { api, got, type Schemas } from "./client";

/** What changes something; each asks phlo-api once and returns its answer. */

export type Launch = Schemas["Launch"];

export const launchRun = (body: Launch) => got(api.POST("/api/v1/runs", { body }));

export const cancelRun = (id: string) =>
  got(api.POST("/api/v1/runs/{run_id}/cancel", { params: { path: { run_id: id } } }));

export type NewRef = Schemas["NewRef"];
export type Publish = Schemas["Publish"];

export const createRef = (body: NewRef) => got(api.POST("/api/v1/refs", { body }));

export const publishRef = (body: Publish) => got(api.POST("/api/v1/refs/publish", { body }));

export const dropRef = (name: string, force: boolean) =>
  got(api.DELETE("/api/v1/refs", { params: { query: { name, force } } }));

export const restartService = (name: string) =>
  got(api.POST("/api/v1/services/{name}/restart", { params: { path: { name } } }));

export const startQuery = (sql: string, ref: string, engine?: string) =>
  got(api.POST("/api/v1/queries", { body: { sql, ref, engine } }));

export const cancelQuery = (id: string) =>
  got(api.DELETE("/api/v1/queries/{query_id}", { params: { path: { query_id: id } } }));

export const logout = () => got(api.POST("/api/v1/auth/logout"));

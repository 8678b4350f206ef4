import { type JSX, useEffect, useMemo, useState } from "react";

import type { Query } from "../../api/queries";
import { Grid } from "../../grid/Grid";
import { csvOf, save } from "../../grid/save";
import { RowSource } from "../../grid/source";
import { bytes, count, duration, plural } from "../../lib/format";
import { Empty } from "../../parts/basics";
import { Fault, Trouble } from "../../parts/Fault";
import { Icon } from "../../parts/Icon";
import { Status } from "../../parts/Status";
import { isOver, type Running } from "./useRun";

const addressOf = (id: string) => (offset: number, limit: number) =>
  `/api/v1/queries/${id}/result?offset=${offset}&limit=${limit}&format=arrow`;

/** How far the query is, and its rows; they are shown from the first batch on. */
export function Result({ run }: { run: Running }): JSX.Element {
  const { query, error } = run;
  return (
    <>
      <div className="result-bar">{query ? <Bar query={query} run={run} /> : <span className="muted">{run.isBusy ? "Asking" : "No query ran yet"}</span>}</div>
      <div className="result">
        {error ? (
          <div className="result-pad">
            <Trouble error={error} />
          </div>
        ) : query?.error ? (
          <div className="result-pad">
            <Fault fault={query.error} />
          </div>
        ) : query?.state === "cancelled" ? (
          <div className="result-pad">
            <Empty title="The query was cancelled">It was stopped in the engine after {duration(query.stats.elapsed_ms)}.</Empty>
          </div>
        ) : query?.columns.length ? (
          <Rows key={query.id} query={query} />
        ) : query && !isOver(query) ? (
          <div className="result-pad muted">The first rows are shown as soon as there are any.</div>
        ) : (
          <div className="result-pad">
            <Empty title="Rows are shown here">Write a statement and run it. Nothing here can change a table.</Empty>
          </div>
        )}
      </div>
    </>
  );
}

function Bar({ query, run }: { query: Query; run: Running }): JSX.Element {
  const elapsed = useElapsed(query);
  const { progress } = query.stats;
  return (
    <>
      <Status state={query.state} />
      <span className="num">{duration(elapsed)}</span>
      <span className="muted">
        {plural(query.row_count, "row")}, {bytes(query.stats.bytes)}
      </span>
      <span className="muted hide-narrow">
        {query.engine} on <span className="mono">{query.ref}</span>
      </span>
      {!isOver(query) && progress !== null ? <progress max={1} value={progress} aria-label="How far the query is" /> : null}
      {query.limit.applied ? <span className="tone-warn">{query.limit.reason}</span> : null}
      {query.warnings.map((warning) => (
        <span key={warning} className="tone-warn">
          {warning}
        </span>
      ))}
      <span className="grow" />
      {isOver(query) ? (
        <SaveButton query={query} />
      ) : (
        <button type="button" className="button danger" onClick={run.cancel} disabled={query.state === "cancelling"}>
          <Icon name="stop" size={14} />
          {query.state === "cancelling" ? "Cancelling" : "Cancel"}
        </button>
      )}
    </>
  );
}

/** The engine's own time once it is over; until then the clock runs here. */
function useElapsed(query: Query): number {
  const [, again] = useState(0);
  const runs = !isOver(query);
  useEffect(() => {
    if (!runs) return undefined;
    const timer = setInterval(() => again((n) => n + 1), 100);
    return () => clearInterval(timer);
  }, [runs]);
  return runs ? Math.max(query.stats.elapsed_ms, Date.now() - Date.parse(query.started_at)) : query.stats.elapsed_ms;
}

function SaveButton({ query }: { query: Query }): JSX.Element | null {
  const [saved, setSaved] = useState<number | null>(null);
  const [error, setError] = useState<unknown>(null);
  if (query.state !== "succeeded" || query.row_count === 0) return null;
  const start = async () => {
    setSaved(0);
    setError(null);
    try {
      const source = { columns: query.columns, rowCount: query.row_count };
      save(await csvOf(source, addressOf(query.id), setSaved), `query-${query.id.slice(0, 8)}.csv`);
    } catch (caught) {
      setError(caught);
    }
    setSaved(null);
  };
  return (
    <>
      {error ? <span className="tone-fail">{String(error)}</span> : null}
      <button type="button" className="button" disabled={saved !== null} onClick={() => void start()}>
        {saved === null ? "Save as CSV" : `${count(saved)} rows`}
      </button>
    </>
  );
}

function Rows({ query }: { query: Query }): JSX.Element {
  const { id, columns, row_count: rows } = query;
  // Made once for a query: it grows.
  const source = useMemo(() => new RowSource(columns, rows, addressOf(id)), [id]);
  useEffect(() => source.grow(rows), [source, rows]);
  return <Grid source={source} label="Rows of the query" />;
}

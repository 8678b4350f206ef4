import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useRef, useState } from "react";

import { cancelQuery, startQuery } from "../../api/actions";
import { api, got } from "../../api/client";
import type { Query } from "../../api/queries";
import { keep } from "./history";

const OVER = new Set(["succeeded", "failed", "cancelled"]);
/** How long phlo-api may wait before it says how far a query is, in seconds: soon at first. */
const WAITS = [0.1, 0.25, 0.5, 1];

export type Running = {
  query: Query | null;
  error: unknown;
  isBusy: boolean;
  start: (sql: string, ref: string, engine?: string) => Promise<void>;
  show: (id: string) => void;
  cancel: () => boolean;
};

export const isOver = (query: Query | null) => query === null || OVER.has(query.state);

/** One query at a time: started, followed to its end, cancelled in the engine. */
export function useRun(): Running {
  const client = useQueryClient();
  const [query, setQuery] = useState<Query | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [isStarting, setStarting] = useState(false);
  const followed = useRef<string | null>(null);
  useEffect(
    () => () => {
      followed.current = null;
    },
    [],
  );

  const follow = useCallback(
    async (id: string) => {
      followed.current = id;
      for (let n = 0; followed.current === id; n++) {
        const wait = WAITS[Math.min(n, WAITS.length - 1)]!;
        try {
          const found = await got(api.GET("/api/v1/queries/{query_id}", { params: { path: { query_id: id }, query: { wait } } }));
          if (followed.current !== id) return;
          setQuery(found);
          setError(null);
          if (isOver(found)) break;
        } catch (caught) {
          if (followed.current === id) setError(caught);
          break;
        }
      }
      void client.invalidateQueries({ queryKey: ["queries"] });
    },
    [client],
  );

  const start = useCallback(
    async (sql: string, ref: string, engine?: string) => {
      followed.current = null;
      setStarting(true);
      setError(null);
      setQuery(null);
      try {
        const made = await startQuery(sql, ref, engine);
        keep(sql);
        setQuery(made);
        void client.invalidateQueries({ queryKey: ["queries"] });
        void follow(made.id);
      } catch (caught) {
        setError(caught);
      }
      setStarting(false);
    },
    [client, follow],
  );

  const isBusy = isStarting || !isOver(query);
  const cancel = useCallback(() => {
    if (!query || isOver(query)) return false;
    setQuery({ ...query, state: "cancelling" });
    cancelQuery(query.id).catch(setError);
    return true;
  }, [query]);
  const show = useCallback((id: string) => void follow(id), [follow]);
  return { query, error, isBusy, start, show, cancel };
}

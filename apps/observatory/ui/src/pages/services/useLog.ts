import { useEffect, useState } from "react";

import { api, got } from "../../api/client";
import { appended, joined, type Line } from "../../lib/log";

export type Log = { lines: Line[]; truncated: boolean; isLive: boolean; error: unknown };

const EMPTY: Log = { lines: [], truncated: false, isLive: false, error: null };
/** Lines come many at once; the page is drawn at most so often. */
const EVERY_MS = 120;

/** The last lines of a service's log, and those that it writes from now on. */
export function useLog(name: string): Log {
  const [log, setLog] = useState<Log>(EMPTY);
  useEffect(() => {
    setLog(EMPTY);
    let waiting: Line[] = [];
    let hasTail = false;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ended = new AbortController();
    const source = new EventSource(`/api/v1/services/${encodeURIComponent(name)}/logs/tail`);

    const flush = () => {
      timer = undefined;
      if (!hasTail || !waiting.length) return;
      const more = waiting;
      waiting = [];
      setLog((was) => ({ ...was, lines: appended(was.lines, more) }));
    };
    const readTail = () =>
      got(api.GET("/api/v1/services/{name}/logs", { params: { path: { name }, query: { tail: 2000 } }, signal: ended.signal }))
        .then(({ items, truncated }) => {
          hasTail = true;
          const live = waiting;
          waiting = [];
          setLog((was) => ({ ...was, lines: joined(items, live), truncated, error: null }));
        })
        .catch((error: unknown) => {
          if (!ended.signal.aborted) setLog((was) => ({ ...was, error }));
        });

    source.addEventListener("open", () => {
      // After a break the file is read anew: what was written meanwhile is not sent again.
      hasTail = false;
      waiting = [];
      setLog((was) => ({ ...was, isLive: true }));
      void readTail();
    });
    source.addEventListener("lines", (event: MessageEvent<string>) => {
      waiting.push(...(JSON.parse(event.data) as Line[]));
      timer ??= setTimeout(flush, EVERY_MS);
    });
    source.addEventListener("error", () => {
      setLog((was) => ({ ...was, isLive: false }));
      if (!hasTail) void readTail();
    });
    return () => {
      ended.abort();
      source.close();
      clearTimeout(timer);
    };
  }, [name]);
  return log;
}

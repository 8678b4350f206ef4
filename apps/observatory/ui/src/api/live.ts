import type { QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";

/** What an event of the stream makes out of date, by the first part of the query's key. */
export function affected(type: string): string[] {
  if (type === "reset") return ["*"];
  if (type.startsWith("service.")) return ["services", "home"];
  if (type === "step.progress" || type === "log") return ["run"];
  if (type === "check.executed") return ["checks", "run"];
  if (type.startsWith("step.")) return ["run", "runs", "datasets", "lineage"];
  return ["home", "runs", "run", "datasets", "dataset", "lineage", "checks", "refs"];
}

export type LiveState = "connecting" | "live" | "lost";

const TYPES = [
  "hello", "reset", "run.queued", "run.started", "run.cancelling", "run.ended", "step.started",
  "step.progress", "step.retry", "step.ended", "materialized", "check.executed", "published",
  "held_back", "log", "service.state",
];

let state: LiveState = "connecting";
const listeners = new Set<() => void>();

function tell(next: LiveState): void {
  if (next === state) return;
  state = next;
  for (const listener of listeners) listener();
}

export function useLive(): LiveState {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => state,
  );
}

/**
 * Keep what is on screen up to date. Browsers allow about six connections to one address, so one
 * tab holds the stream and tells the others.
 */
export function follow(client: QueryClient): () => void {
  const channel = new BroadcastChannel("phlo.live");
  const waiting = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ended = new AbortController();

  const flush = () => {
    timer = undefined;
    const keys = [...waiting];
    waiting.clear();
    if (keys.includes("*")) void client.invalidateQueries();
    else for (const key of keys) void client.invalidateQueries({ queryKey: [key] });
  };
  const take = (type: string) => {
    for (const key of affected(type)) waiting.add(key);
    timer ??= setTimeout(flush, 200);
  };
  channel.onmessage = (message: MessageEvent<{ type?: string; state?: LiveState }>) => {
    if (message.data.state) tell(message.data.state);
    if (message.data.type) take(message.data.type);
  };

  const lead = () =>
    new Promise<void>((resolve) => {
      const source = new EventSource("/api/v1/events/stream");
      let wasLost = false;
      const say = (next: LiveState) => {
        tell(next);
        channel.postMessage({ state: next });
      };
      for (const type of TYPES) {
        source.addEventListener(type, () => {
          if (type === "hello") {
            say("live");
            // What happened to the services meanwhile is not replayed.
            if (wasLost) take("reset");
            wasLost = false;
            return;
          }
          take(type);
          channel.postMessage({ type });
        });
      }
      source.onerror = () => {
        wasLost = true;
        say("lost");
        if (source.readyState === EventSource.CLOSED) {
          source.close();
          setTimeout(resolve, 3000);
        }
      };
      ended.signal.addEventListener("abort", () => {
        source.close();
        resolve();
      });
    });

  const run = async () => {
    while (!ended.signal.aborted) await lead();
  };
  if (navigator.locks) {
    navigator.locks.request("phlo.live", { signal: ended.signal }, run).catch(() => undefined);
    // Another tab may hold the stream already: it tells when something changes.
    void navigator.locks.query().then((held) => {
      if (held.held?.some((lock) => lock.name === "phlo.live")) tell("live");
    });
  } else void run();

  return () => {
    ended.abort();
    channel.close();
    if (timer) clearTimeout(timer);
  };
}

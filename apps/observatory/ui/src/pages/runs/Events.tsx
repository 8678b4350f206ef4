import type { UseQueryResult } from "@tanstack/react-query";
import { type JSX, useMemo, useState } from "react";

import type { Event } from "../../api/queries";
import { absolute, clock, plural } from "../../lib/format";
import { Empty, Section } from "../../parts/basics";
import { Choose } from "../../parts/Choose";
import { Loaded } from "../../parts/Loaded";
import { Glyph } from "../../parts/Status";
import { matters, told } from "./story";

type Found = UseQueryResult<{ items: Event[]; truncated: boolean }>;
type Shown = "main" | "log" | "all";
const PAGE = 200;

/** What happened, in order; the last page first, as that is where it stands. */
export function Events({ found, isActive }: { found: Found; isActive: boolean }): JSX.Element {
  const [shown, setShown] = useState<Shown>("main");
  const [pages, setPages] = useState(1);
  const all = found.data?.items;
  const items = useMemo(() => (all ?? []).filter((event) => shown === "all" || (shown === "log" ? event.type === "log" : matters(event))), [all, shown]);
  const first = Math.max(0, items.length - pages * PAGE);
  return (
    <Section
      title="Events"
      aside={
        <Choose
          label="Which events"
          value={shown}
          choices={[
            { value: "main", word: "What happened" },
            { value: "log", word: "Log lines" },
            { value: "all", word: "All" },
          ]}
          onChoose={(next) => {
            setShown(next as Shown);
            setPages(1);
          }}
        />
      }
    >
      <Loaded of={found} rows={6}>
        {() =>
          items.length === 0 ? (
            <Empty title={shown === "log" ? "The assets wrote no log lines" : isActive ? "Nothing happened yet" : "No event is kept of this run"} />
          ) : (
            <>
              {first > 0 ? (
                <p className="note">
                  <button type="button" className="button" onClick={() => setPages(pages + 1)}>
                    Show {plural(Math.min(PAGE, first), "earlier event")}
                  </button>
                </p>
              ) : null}
              <ol className="events">
                {items.slice(first).map((event) => (
                  <Row key={event.id} event={event} />
                ))}
              </ol>
              {found.data?.truncated ? <p className="muted note">There are more events than are loaded here.</p> : null}
            </>
          )
        }
      </Loaded>
    </Section>
  );
}

function Row({ event }: { event: Event }): JSX.Element {
  const { state, words } = told(event);
  return (
    <li className="event">
      <time dateTime={event.at} title={absolute(event.at)} className="mono muted">
        {clock(event.at)}
      </time>
      <span className="mono muted truncate event-type">{event.type}</span>
      <span className="mono truncate">{event.asset ?? ""}</span>
      <span className={event.type === "log" ? "event-words mono" : "event-words"}>
        {state ? <Glyph state={state} size={13} /> : null}
        <span>{words}</span>
      </span>
    </li>
  );
}

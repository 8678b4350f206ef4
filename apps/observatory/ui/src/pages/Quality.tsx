import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { JSX } from "react";

import { checks } from "../api/queries";
import { count, plural } from "../lib/format";
import { look } from "../lib/status";
import { Empty, Page } from "../parts/basics";
import { Choose } from "../parts/Choose";
import { Filter } from "../parts/Filter";
import { Loaded } from "../parts/Loaded";
import { useTitle } from "../router";
import { CheckTable } from "./dataset/Checks";
import { CheckPanel } from "./quality/CheckPanel";

const route = getRouteApi("/shell/quality");
const STATES = ["failed", "error", "warned", "never", "passed"];

export default function Quality(): JSX.Element {
  useTitle("Quality");
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/quality" });
  const found = useQuery(checks({ q: search.q, status: search.status }));
  const set = (change: object) => void navigate({ search: (was) => ({ ...was, ...change }), replace: true });
  const counts = found.data?.counts ?? {};
  const all = Object.values(counts).reduce((sum, n) => sum + n, 0);
  return (
    <div className="split whole">
      <div className="split-main">
        <Page wide title="Quality" lead={all ? <Score counts={counts} all={all} /> : "What must hold in the tables"}>
          <div className="tools">
            <Filter label="Filter checks" placeholder="Filter by check, kind or table" value={search.q} onChange={(q) => set({ q })} />
            <Choose
              label="Result"
              value={search.status ?? ""}
              choices={[
                { value: "", word: "All", count: all },
                ...STATES.filter((state) => counts[state] || state === search.status).map((state) => ({ value: state, word: look(state).word, count: counts[state] ?? 0 })),
              ]}
              onChoose={(status) => set({ status: status || undefined })}
            />
          </div>
          <Loaded of={found} rows={8} tall>
            {(data) =>
              data.items.length ? (
                <>
                  <CheckTable items={data.items} withTable chosen={search.check} />
                  {data.truncated ? <p className="muted note">{`The first ${count(data.items.length)} are shown; filter for the others.`}</p> : null}
                </>
              ) : all ? (
                <Empty title="No check is like that">Look for other words, or for another result.</Empty>
              ) : (
                <Empty title="There is no check yet" command={'checks=[not_null("id")]'}>
                  Add checks to an asset, or write a function with @phlo.quality in workflows/.
                </Empty>
              )
            }
          </Loaded>
        </Page>
      </div>
      {search.check ? <CheckPanel key={search.check} id={search.check} onClose={() => set({ check: undefined })} /> : null}
    </div>
  );
}

/** The score says what it is of. */
function Score({ counts, all }: { counts: Record<string, number>; all: number }): JSX.Element {
  const passed = counts.passed ?? 0;
  const never = counts.never ?? 0;
  return (
    <>
      {`${count(passed)} of ${plural(all, "check")} passed when last run`}
      {never ? `; ${count(never)} never ran` : ""}
    </>
  );
}

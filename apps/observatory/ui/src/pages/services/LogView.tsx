import { useVirtualizer } from "@tanstack/react-virtual";
import { type JSX, useEffect, useMemo, useRef, useState } from "react";

import { plural } from "../../lib/format";
import { filtered } from "../../lib/log";
import { Copy, Skeleton } from "../../parts/basics";
import { Choose } from "../../parts/Choose";
import { Trouble } from "../../parts/Fault";
import { Filter } from "../../parts/Filter";
import { Glyph } from "../../parts/Status";
import { useLog } from "./useLog";

const LINE = 20;

/** A log as it is written; it follows the end until it is scrolled away from it. */
export function LogView({ name }: { name: string }): JSX.Element {
  const log = useLog(name);
  const [words, setWords] = useState("");
  const [level, setLevel] = useState("");
  const shown = useMemo(() => filtered(log.lines, { words, level }), [log.lines, words, level]);
  const box = useRef<HTMLDivElement>(null);
  const [follows, setFollows] = useState(true);
  const rows = useVirtualizer({ count: shown.length, getScrollElement: () => box.current, estimateSize: () => LINE, overscan: 20 });

  useEffect(() => {
    if (follows && box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [follows, shown]);

  if (log.error && !log.lines.length) return <Trouble error={log.error} />;
  return (
    <>
      <div className="tools">
        <Filter label="Filter lines" placeholder="Filter lines" value={words} onChange={(next) => setWords(next ?? "")} />
        <Choose
          label="Level"
          value={level}
          choices={[
            { value: "", word: "All" },
            { value: "warn", word: "Warnings" },
            { value: "error", word: "Errors" },
          ]}
          onChoose={setLevel}
        />
        <button type="button" className="button" aria-pressed={follows} onClick={() => setFollows(!follows)}>
          <Glyph state={!log.isLive ? "late" : follows ? "running" : "stopped"} />
          {!log.isLive ? "Reconnecting" : follows ? "Following" : "Follow"}
        </button>
        <Copy text={shown.map((line) => line.text).join("\n")} label="the lines" />
        <span className="muted">
          {plural(shown.length, "line")}
          {log.truncated ? ", earlier ones are in the file" : ""}
        </span>
      </div>
      {log.lines.length === 0 && !log.isLive ? <Skeleton rows={8} /> : null}
      <div
        ref={box}
        className="log"
        role="log"
        aria-live="off"
        aria-label={`Log of ${name}`}
        tabIndex={0}
        onWheel={(event) => {
          if (event.deltaY < 0) setFollows(false);
        }}
        onScroll={(event) => {
          const { scrollTop, scrollHeight, clientHeight } = event.currentTarget;
          if (scrollHeight - scrollTop - clientHeight < LINE) setFollows(true);
        }}
        onKeyDown={(event) => {
          if (["ArrowUp", "PageUp", "Home"].includes(event.key)) setFollows(false);
        }}
      >
        <div className="log-size" style={{ height: rows.getTotalSize() }}>
          {rows.getVirtualItems().map(({ index, start }) => {
            const line = shown[index]!;
            return (
              <div key={line.number} className={`log-line ${toneOf(line.level)}`} style={{ top: start }}>
                <span>{line.number}</span>
                <span>{line.text || " "}</span>
              </div>
            );
          })}
        </div>
      </div>
    </>
  );
}

function toneOf(level: string | null): string {
  if (level === "error" || level === "critical" || level === "fatal") return "error";
  return level === "warn" ? "warn" : "";
}

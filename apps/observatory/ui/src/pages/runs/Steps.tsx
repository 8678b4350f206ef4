import type { JSX } from "react";

import type { RunDetail, Step } from "../../api/queries";
import { bytes, count, duration } from "../../lib/format";
import { look } from "../../lib/status";
import { Section, sentence } from "../../parts/basics";
import { DatasetLink } from "../../parts/links";
import { Status } from "../../parts/Status";

/** The steps with what each did, and when within the run. */
export function Steps({ one }: { one: RunDetail }): JSX.Element {
  const span = spanOf(one);
  return (
    <Section title="Steps">
      <div className="table-box">
        <table className="table">
          <caption className="visually-hidden">Steps of the run</caption>
          <thead>
            <tr>
              <th scope="col">Asset</th>
              <th scope="col">Result</th>
              <th scope="col" className="hide-narrow timeline-cell">
                When in the run
              </th>
              <th scope="col" className="num">
                Took
              </th>
              <th scope="col" className="num hide-narrow">
                Added
              </th>
              <th scope="col" className="num hide-mid">
                Updated
              </th>
              <th scope="col" className="num hide-mid">
                Deleted
              </th>
              <th scope="col" className="num hide-narrow">
                Rows then
              </th>
              <th scope="col" className="num hide-mid">
                Written
              </th>
            </tr>
          </thead>
          <tbody>
            {one.steps.map((step) => (
              <tr key={`${step.asset}-${step.partition ?? ""}`}>
                <td>
                  <DatasetLink id={step.dataset_id} name={step.asset} />
                  {step.partition ? <span className="muted mono"> {step.partition}</span> : null}
                  {step.attempt > 1 ? <span className="muted"> attempt {step.attempt}</span> : null}
                  <Note step={step} />
                </td>
                <td>
                  <Status state={step.state} word={step.state === "running" && step.stage ? sentence(step.stage) : undefined} />
                </td>
                <td className="hide-narrow">
                  <Bar step={step} span={span} />
                </td>
                <td className="num">{duration(step.duration_ms)}</td>
                <td className="num hide-narrow">{count(step.rows_added)}</td>
                <td className="num hide-mid">{count(step.rows_updated)}</td>
                <td className="num hide-mid">{count(step.rows_deleted)}</td>
                <td className="num hide-narrow">{count(step.rows_total)}</td>
                <td className="num hide-mid muted">{bytes(step.bytes)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Section>
  );
}

function Note({ step }: { step: Step }): JSX.Element | null {
  if (step.error || !step.reason) return null;
  return <span className="muted sub">{step.reason === "unchanged" ? "Nothing changed" : step.reason}</span>;
}

type Span = { start: number; length: number };

function spanOf(one: RunDetail): Span {
  const times = one.steps.flatMap((step) => [step.started_at, step.ended_at]).flatMap((at) => (at ? [Date.parse(at)] : []));
  const start = Math.min(...times, Date.parse(one.started_at ?? one.queued_at));
  const end = Math.max(...times, one.ended_at ? Date.parse(one.ended_at) : Date.now());
  return { start, length: Math.max(1, end - start) };
}

function Bar({ step, span }: { step: Step; span: Span }): JSX.Element {
  if (!step.started_at) return <span className="timeline" />;
  const from = Date.parse(step.started_at);
  const to = step.ended_at ? Date.parse(step.ended_at) : Date.now();
  const part = (ms: number) => `${(ms / span.length) * 100}%`;
  return (
    <span className={`timeline tone-${look(step.state).tone}`} title={`From ${duration(from - span.start)} to ${duration(to - span.start)}`}>
      <i style={{ left: part(from - span.start), width: part(to - from) }} />
    </span>
  );
}

import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import type { JSX } from "react";

import { type Home as HomeData, home, type Run } from "../api/queries";
import { bytes, count, duration, plural, short } from "../lib/format";
import { look } from "../lib/status";
import { Command, Empty, Fixes, Page, Section, Skeleton, Stale, Time } from "../parts/basics";
import { Trouble } from "../parts/Fault";
import { Icon } from "../parts/Icon";
import { Glyph, Status } from "../parts/Status";
import { useTitle } from "../router";
import { keepRef } from "../shell/Shell";

export default function Home(): JSX.Element {
  useTitle("Home");
  const found = useQuery({ ...home(), refetchInterval: 30_000 });
  if (!found.data) {
    return (
      <Page title="Home">
        {found.error ? <Trouble error={found.error} again={() => void found.refetch()} /> : <Skeleton rows={10} tall />}
      </Page>
    );
  }
  const data = found.data;
  return (
    <Page
      title={data.project}
      lead={<Summary data={data} />}
      action={
        <Link to="/runs" search={{ launch: "*" }} className="button primary">
          <Icon name="play" size={14} />
          Materialize
        </Link>
      }
    >
      <Stale of={data} />
      {data.setup.length ? <Setup data={data} /> : null}
      <div className="home-grid">
        <div className="home-main">
          <Attention data={data} />
          <Recent runs={data.runs} />
        </div>
        <div className="home-side">
          <Numbers data={data} />
          <Services data={data} />
        </div>
      </div>
    </Page>
  );
}

function Summary({ data }: { data: HomeData }): JSX.Element {
  const errors = data.attention.filter((one) => one.severity === "error").length;
  const warnings = data.attention.length - errors;
  const active = data.runs.filter((run) => run.is_active).length;
  const parts = [
    errors ? `${plural(errors, "thing")} to fix` : "",
    warnings ? plural(warnings, "warning") : "",
    active ? `${plural(active, "run")} under way` : "",
  ].filter(Boolean);
  return <>{parts.length ? parts.join(", ") : "Nothing needs you now"}</>;
}

function Setup({ data }: { data: HomeData }): JSX.Element {
  const done = data.setup.filter((step) => step.is_done).length;
  return (
    <Section title="First steps" aside={<span className="muted">{`${done} of ${data.setup.length} done`}</span>}>
      <ol className="setup">
        {data.setup.map((step) => (
          <li key={step.title} className={step.is_done ? "done" : ""}>
            <Glyph state={step.is_done ? "ok" : "never"} size={16} />
            <div>
              <h3>
                {step.title}
                <span className="visually-hidden">{step.is_done ? " (done)" : " (to do)"}</span>
              </h3>
              <p className="muted">{step.detail}</p>
              {step.command && !step.is_done ? <Command text={step.command} /> : null}
            </div>
          </li>
        ))}
      </ol>
    </Section>
  );
}

function Attention({ data }: { data: HomeData }): JSX.Element {
  const navigate = useNavigate();
  return (
    <Section title="Needs you now" aside={data.attention.length ? <span className="count">{data.attention.length}</span> : null}>
      {data.attention.length === 0 ? (
        <div className="calm">
          <Glyph state="ok" size={18} />
          <span>No failed run, no failing check, nothing late, every service healthy.</span>
        </div>
      ) : (
        <ul className="attention" data-list>
          {data.attention.map((item) => (
            <li key={`${item.kind}:${item.object}`} className={`attention-item ${item.severity}`}>
              <Glyph state={item.severity === "error" ? (item.title.includes("held back") ? "held_back" : "failed") : "warning"} size={16} />
              <div className="attention-text">
                <p>
                  <b>{item.title}</b> <span className="muted">{item.at ? <Time at={item.at} /> : null}</span>
                </p>
                {item.detail ? <p className="attention-detail">{item.detail}</p> : null}
                <Fixes fixes={item.fix} />
              </div>
              <a
                href={item.href}
                data-open
                className="button"
                onClick={(event) => {
                  if (event.metaKey || event.ctrlKey || event.shiftKey) return;
                  event.preventDefault();
                  void navigate({ href: item.href } as never);
                }}
              >
                {item.action}
                <span className="visually-hidden"> of {item.object}</span>
              </a>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}

function Recent({ runs }: { runs: Run[] }): JSX.Element {
  const longest = Math.max(1, ...runs.map((run) => run.duration_ms ?? 0));
  return (
    <Section title="What ran" aside={<Link to="/runs">All runs</Link>}>
      {runs.length === 0 ? (
        <Empty title="Nothing ran yet" command="phlo materialize">
          Each time assets are made, the run is kept here with its steps.
        </Empty>
      ) : (
        <>
          <div className="bars" role="img" aria-label={`The last ${plural(runs.length, "run")} by how long each took`}>
            {[...runs].reverse().map((run) => (
              <i
                key={run.id}
                className={`tone-${look(run.state).tone}`}
                style={{ height: `${Math.max(8, ((run.duration_ms ?? 0) / longest) * 100)}%` }}
                title={`${run.id}: ${look(run.state).word.toLowerCase()}, ${duration(run.duration_ms)}`}
              />
            ))}
          </div>
          <ul className="rows" data-list>
            {runs.slice(0, 6).map((run) => (
              <li key={run.id}>
                <Link to="/runs/$id" params={{ id: run.id }} search={keepRef as never} data-open className="row-link">
                  <Status state={run.state} />
                  <span className="mono truncate grow">{run.selection === "*" ? "everything" : run.selection}</span>
                  <span className="muted hide-narrow">{plural(run.assets.length, "asset")}</span>
                  <span className="muted num w-dur">{duration(run.duration_ms)}</span>
                  <span className="muted w-time num">
                    <Time at={run.queued_at} />
                  </span>
                </Link>
              </li>
            ))}
          </ul>
        </>
      )}
    </Section>
  );
}

function Numbers({ data }: { data: HomeData }): JSX.Element {
  const { numbers } = data;
  const checked = numbers.checks ? `${numbers.checks_passing} of ${numbers.checks}` : "–";
  return (
    <Section title="The lakehouse">
      <dl className="figures">
        <Figure to="/catalog" label="Datasets" value={count(numbers.datasets)} more={plural(numbers.tables, "table")} />
        <Figure to="/catalog" label="Rows" value={short(numbers.rows)} more={`${count(numbers.rows)} in all`} />
        <Figure to="/catalog" label="Size" value={bytes(numbers.size_bytes)} more="on disk, compressed" />
        <Figure to="/quality" label="Checks passing" value={checked} more={`${plural(numbers.runs_today, "run")} today`} />
      </dl>
    </Section>
  );
}

function Figure(props: { to: string; label: string; value: string; more: string }): JSX.Element {
  return (
    <div className="figure">
      <dt>{props.label}</dt>
      <dd>
        <Link to={props.to} search={keepRef as never} className="figure-value">
          {props.value}
        </Link>
        <span className="muted">{props.more}</span>
      </dd>
    </div>
  );
}

function Services({ data }: { data: HomeData }): JSX.Element {
  return (
    <Section title="Services" aside={<Link to="/services">All services</Link>}>
      {data.services_problem ? (
        <p className="stale-note">
          <Icon name="history" size={14} />
          <span>Their runtime does not answer: {data.services_problem}</span>
        </p>
      ) : null}
      {data.services.length ? (
        <ul className="rows">
          {data.services.map((service) => (
            <li key={service.name}>
              <Link to="/services/$name" params={{ name: service.name }} className="row-link">
                <Glyph state={service.state} />
                <span className="grow truncate">{service.name}</span>
                <span className="muted">{look(service.state).word}</span>
              </Link>
            </li>
          ))}
        </ul>
      ) : data.services_problem ? null : (
        <Empty title="No service is known" command="phlo services start" />
      )}
    </Section>
  );
}

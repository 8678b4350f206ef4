import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { type JSX, useState } from "react";

import { logout } from "../api/actions";
import { me, meta } from "../api/queries";
import { lettersAreOn, switchLetters } from "../lib/keys";
import { chooseDensity, type Density, densityNow } from "../lib/density";
import { choose, type Theme, useTheme } from "../lib/theme";
import { Copy, Page, Section, Time } from "../parts/basics";
import { Confirm } from "../parts/Confirm";
import { Trouble } from "../parts/Fault";
import { Loaded } from "../parts/Loaded";
import { useTitle } from "../router";

export default function Settings(): JSX.Element {
  useTitle("Settings");
  return (
    <Page title="Settings" lead="How Observatory is for you, in this browser">
      <Section title="Look">
        <div className="stack wide-gaps">
          <ThemeChoice />
          <DensityChoice />
          <Letters />
        </div>
      </Section>
      <Session />
      <Project />
    </Page>
  );
}

function Radios<T extends string>(props: { name: string; legend: string; value: T; options: [T, string][]; onChoose: (value: T) => void }): JSX.Element {
  return (
    <fieldset className="choice">
      <legend>{props.legend}</legend>
      {props.options.map(([value, word]) => (
        <label key={value}>
          <input type="radio" name={props.name} value={value} checked={props.value === value} onChange={() => props.onChoose(value)} />
          {word}
        </label>
      ))}
    </fieldset>
  );
}

function ThemeChoice(): JSX.Element {
  const theme = useTheme();
  const options: [Theme, string][] = [
    ["system", "As the system"],
    ["light", "Light"],
    ["dark", "Dark"],
  ];
  return <Radios name="theme" legend="Theme" value={theme} options={options} onChoose={choose} />;
}

function DensityChoice(): JSX.Element {
  const [density, setDensity] = useState<Density>(densityNow);
  const options: [Density, string][] = [
    ["normal", "Normal rows"],
    ["compact", "Compact rows"],
  ];
  return (
    <Radios
      name="density"
      legend="Density"
      value={density}
      options={options}
      onChoose={(next) => {
        chooseDensity(next);
        setDensity(next);
      }}
    />
  );
}

function Letters(): JSX.Element {
  const [isOn, setOn] = useState(lettersAreOn);
  return (
    <label className="check-line">
      <input
        type="checkbox"
        checked={isOn}
        onChange={(event) => {
          switchLetters(event.target.checked);
          setOn(event.target.checked);
        }}
      />
      Single letters are keys (press <kbd>?</kbd> for all of them)
    </label>
  );
}

function Session(): JSX.Element {
  const found = useQuery(me());
  const client = useQueryClient();
  const leave = useMutation({ mutationFn: logout, onSuccess: () => client.resetQueries() });
  return (
    <Section title="Session">
      <Loaded of={found} rows={2}>
        {(who) => (
          <dl className="facts">
            <dt>Role</dt>
            <dd>{who.role}</dd>
            <dt>Logged in until</dt>
            <dd>{who.expires_at ? <Time at={who.expires_at} /> : "as long as its token is good"}</dd>
          </dl>
        )}
      </Loaded>
      <div className="gap-above">
        <Confirm ask="Log out of this browser" disabled={leave.isPending} onConfirm={() => leave.mutate()}>
          Log out
        </Confirm>
        {leave.error ? <Trouble error={leave.error} /> : null}
      </div>
    </Section>
  );
}

function Project(): JSX.Element {
  const found = useQuery(meta());
  return (
    <Section title="Project">
      <Loaded of={found} rows={3}>
        {(about) => (
          <dl className="facts">
            <dt>Name</dt>
            <dd>{about.project}</dd>
            {about.description ? (
              <>
                <dt>Description</dt>
                <dd>{about.description}</dd>
              </>
            ) : null}
            <dt>Folder</dt>
            <dd>
              <span className="mono">{about.root}</span>
              <Copy text={about.root} label="the folder" />
            </dd>
            <dt>phlo-api</dt>
            <dd className="mono">{about.version}</dd>
          </dl>
        )}
      </Loaded>
    </Section>
  );
}

import type { JSX, ReactNode } from "react";

export type Choice = { value: string; word: ReactNode; count?: number };

/** One of a few, beside one another: a filter or a way to look at something. */
export function Choose({
  label,
  choices,
  value,
  onChoose,
}: {
  label: string;
  choices: Choice[];
  value: string;
  onChoose: (value: string) => void;
}): JSX.Element {
  return (
    <div className="tabs" role="group" aria-label={label}>
      {choices.map((choice) => (
        <button key={choice.value} type="button" aria-pressed={choice.value === value} onClick={() => onChoose(choice.value)}>
          {choice.word}
          {choice.count === undefined ? null : <span className="muted num">{choice.count}</span>}
        </button>
      ))}
    </div>
  );
}

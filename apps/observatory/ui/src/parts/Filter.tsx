import { type JSX, useEffect, useRef, useState } from "react";

import { Icon } from "./Icon";

/** Words that narrow a list; the address has them a moment after they are typed. */
export function Filter({
  label,
  placeholder,
  value = "",
  onChange,
}: {
  label: string;
  placeholder: string;
  value?: string;
  onChange: (value: string | undefined) => void;
}): JSX.Element {
  const [text, setText] = useState(value);
  const sent = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    // The address changed by something else, such as a link or the back button.
    if (value !== sent.current) {
      sent.current = value;
      setText(value);
    }
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <label className="field grow">
      <Icon name="search" size={14} />
      <span className="visually-hidden">{label}</span>
      <input
        data-filter
        type="search"
        placeholder={placeholder}
        value={text}
        onChange={(event) => {
          const next = event.target.value;
          setText(next);
          clearTimeout(timer.current);
          timer.current = setTimeout(() => {
            sent.current = next;
            onChange(next || undefined);
          }, 120);
        }}
      />
      <kbd aria-hidden="true">/</kbd>
    </label>
  );
}

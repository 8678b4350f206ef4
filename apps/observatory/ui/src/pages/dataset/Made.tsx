import { useQuery } from "@tanstack/react-query";
import type { JSX } from "react";

import { code } from "../../api/queries";
import { Empty, Section } from "../../parts/basics";
import { Code } from "../../parts/Code";
import { Loaded } from "../../parts/Loaded";

/** The function or the statement that makes it. */
export function Made({ id }: { id: string }): JSX.Element {
  const found = useQuery(code(id));
  return (
    <Section id="code" title="Code">
      <Loaded of={found} rows={8}>
        {({ text, language, place }) =>
          text ? (
            <Code text={text} language={language} place={place ? `${place.file}${place.line ? `:${place.line}` : ""}` : undefined} />
          ) : (
            <Empty title="No code in this project makes it" />
          )
        }
      </Loaded>
    </Section>
  );
}

import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { type JSX, useEffect, useRef, useState } from "react";

import { api, got } from "../api/client";
import { Command } from "../parts/basics";
import { Trouble } from "../parts/Fault";
import { Mark } from "../parts/Icon";

/** What a browser sees that did not come by a link. */
export function LoginNeeded(): JSX.Element {
  return (
    <main className="login" id="main">
      <Mark size={40} />
      <h1>Open Observatory by its link</h1>
      <p className="muted">
        phlo prints a link that works once. It keeps this browser logged in for a week; nobody else on
        this machine gets in without one.
      </p>
      <Command text="phlo services start" />
    </main>
  );
}

/** Exchanges the token of the link for a cookie, once. */
export function Login(): JSX.Element {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [error, setError] = useState<unknown>(null);
  const begun = useRef(false);

  useEffect(() => {
    if (begun.current) return;
    begun.current = true;
    const token = new URLSearchParams(location.search).get("token") ?? "";
    // The token works once and is worthless afterwards; still it need not stay in the history.
    history.replaceState(history.state, "", "/login");
    got(api.POST("/api/v1/auth/exchange", { body: { token: token || "none" } }))
      .then(async () => {
        await client.resetQueries();
        await navigate({ to: "/", replace: true });
      })
      .catch(setError);
  }, [client, navigate]);

  return (
    <main className="login" id="main">
      <Mark size={40} />
      <h1>{error ? "This link does not work" : "Logging in"}</h1>
      {error ? <Trouble error={error} /> : <p className="muted">One moment.</p>}
      {error ? <a href="/">Go to Observatory if you are logged in already</a> : null}
    </main>
  );
}

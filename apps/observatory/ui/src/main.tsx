import "./styles/font.css";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/parts.css";
import "./styles/pages.css";

import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { ApiProblem } from "./api/client";
import { showDensity } from "./lib/density";
import { followSystem, show } from "./lib/theme";
import { router } from "./router";

const client = new QueryClient({
  defaultOptions: {
    queries: {
      // Events say when something changed; asking again is for when they cannot.
      staleTime: 15_000,
      refetchOnWindowFocus: true,
      retry: (failures, error) => {
        const problem = error instanceof ApiProblem ? error.problem : null;
        return failures < 1 && (problem?.retryable ?? true);
      },
      retryDelay: 800,
    },
  },
});

show();
showDensity();
followSystem();
createRoot(document.getElementById("root")!).render(
  <StrictMode>
    <QueryClientProvider client={client}>
      <RouterProvider router={router} />
    </QueryClientProvider>
  </StrictMode>,
);

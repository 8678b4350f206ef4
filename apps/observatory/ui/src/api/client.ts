import createClient from "openapi-fetch";

import type { components, paths } from "./schema";

export type Schemas = components["schemas"];
export type Problem = Schemas["Problem"];
export type Fix = Schemas["Fix"];

/** An error as phlo-api tells it: what, why, what to do. */
export class ApiProblem extends Error {
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.name = "ApiProblem";
    this.problem = problem;
  }
}

export const api = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? "http://127.0.0.1",
  headers: { "x-phlo-csrf": "1" },
  fetch: (request) => globalThis.fetch(request),
});

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** Return the data of an answer; throw its problem otherwise. */
export async function got<T>(answer: Promise<Answer<T>>): Promise<T> {
  let found: Answer<T>;
  try {
    found = await answer;
  } catch (error) {
    throw new ApiProblem(noAnswer(String(error)));
  }
  if (found.response.ok) return found.data as T;
  throw new ApiProblem(asProblem(found.error, found.response.status));
}

/** Return what an error's body says, whatever answered. */
export function asProblem(body: unknown, status: number): Problem {
  if (body && typeof body === "object" && "detail" in body && "code" in body) {
    return body as Problem;
  }
  return { ...noAnswer(`status ${status}`), status };
}

function noAnswer(why: string): Problem {
  return {
    type: "urn:phlo:error:PHLO-N620",
    title: "Observatory does not answer",
    status: 0,
    detail: "The program behind this page does not answer",
    instance: "",
    code: "PHLO-N620",
    request_id: "",
    why,
    backend: "observatory",
    retryable: true,
    where: null,
    fix: [{ label: "start the services", command: "phlo services start", href: null }],
    tables: [],
  };
}

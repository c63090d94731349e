// Calls to this gateway. The key, where one is asked for, lives in this module's memory only.

let key = "";

export class Refused extends Error {
  constructor(status, problem) {
    const remedies = (problem.errors || []).map((wrong) => wrong.remedy).filter(Boolean);
    super([problem.detail || `the gateway answered ${status}`, ...remedies].join(". "));
    this.status = status;
  }
}

export async function signIn(given) {
  key = given;
}

export function headers(more = {}) {
  return key ? { Authorization: `Bearer ${key}`, ...more } : more;
}

export async function refusalOf(response) {
  let problem = {};
  try {
    problem = await response.json();
  } catch {
    // not from the gateway itself
  }
  return new Refused(response.status, problem);
}

export async function call(method, path, body, extra = {}) {
  const more = body === undefined ? { ...extra } : { "Content-Type": "application/json", ...extra };
  if (method === "POST") more["Idempotency-Key"] = crypto.randomUUID?.() ?? String(Math.random());
  const response = await fetch(path, {
    method,
    headers: headers(more),
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!response.ok) throw await refusalOf(response);
  return response;
}

export async function json(method, path, body) {
  return (await call(method, path, body)).json();
}

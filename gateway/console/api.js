// Calls to this gateway. A key is sent once, to sign in; then the browser holds a cookie that no script can read, and sends
// it along by itself, with WebSockets too.

export class Refused extends Error {
  constructor(status, problem) {
    const remedies = (problem.errors || []).map((wrong) => wrong.remedy).filter(Boolean);
    super([problem.detail || `the gateway answered ${status}`, ...remedies].join(". "));
    this.status = status;
  }
}

export async function signIn(key) {
  const response = await fetch("/session", { method: "POST", headers: { Authorization: `Bearer ${key}` } });
  if (!response.ok) throw await refusalOf(response);
  return response.json();
}

export async function signOut() {
  await call("DELETE", "/session");
}

export function headers(more = {}) {
  return more;
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
